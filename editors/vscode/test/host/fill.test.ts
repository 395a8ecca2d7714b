import assert from "node:assert/strict";
import * as vscode from "vscode";
import {
  IN_BODY,
  PRINTED,
  RETURNED,
  SOURCE,
  configure,
  open,
  select,
  status,
  undo,
} from "./editor";
import { test, until } from "./runner";

interface FillAnswer {
  applied: boolean;
  reason: string | null;
}

test("the code action fills a body, in one undo step", async () => {
  // prose has no bodies; a line that ends after "return " would be remembered as one that needs no more
  const stub = SOURCE.replace("return NotImplemented", "raise NotImplementedError").replace(
    "return \n",
    "return value\n",
  );
  const editor = await open(stub, "py");
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    "vscode.executeCodeActionProvider",
    editor.document.uri,
    new vscode.Range(...IN_BODY),
    vscode.CodeActionKind.RefactorRewrite.value,
  );
  const command = actions.find(({ title }) => title === "Fill body")?.command;
  assert(command);
  const answer = await vscode.commands.executeCommand<FillAnswer>(
    command.command,
    ...((command.arguments ?? []) as unknown[]),
  );
  assert.deepEqual(answer, { applied: true, reason: null });
  const [before, after] = stub.split("    raise NotImplementedError");
  const text = editor.document.getText();
  assert.notEqual(text, stub);
  assert(text.startsWith(before ?? "") && text.endsWith(after ?? ""), text);
  await undo();
  assert.equal(editor.document.getText(), stub);
});

test("several selections are several holes of one fill", async () => {
  const editor = await open(SOURCE);
  select(editor, RETURNED, PRINTED);
  const answer = await vscode.commands.executeCommand<FillAnswer>("fillwright.fillCursors");
  assert.deepEqual(answer, { applied: true, reason: null });
  const text = editor.document.getText();
  assert.notEqual(text, SOURCE);
  const [first = "", rest = ""] = SOURCE.split("NotImplemented");
  const [between = "", last = ""] = rest.split("add(1, 2)");
  assert(text.startsWith(first) && text.includes(between) && text.endsWith(last), text);
  await undo();
  assert.equal(editor.document.getText(), SOURCE);
});

test("line ends and characters outside the basic plane stay as they are", async () => {
  const before = SOURCE.replace("import os", "🙂").replaceAll("\n", "\r\n");
  const editor = await open(before);
  select(editor, IN_BODY);
  const answer = await vscode.commands.executeCommand<FillAnswer>("fillwright.fillBodies");
  assert.equal(answer.applied, true, answer.reason ?? "");
  const text = editor.document.getText();
  const [first = "", last = ""] = before.split("    return NotImplemented");
  assert(text.startsWith(first) && text.endsWith(last), text);
  assert.equal(text.replaceAll("\r\n", "").includes("\n"), false);
});

test("a cancelled fill changes nothing", async () => {
  await configure("fill.decode", "denoise");
  await configure("fill.steps", 10_000);
  const editor = await open(SOURCE);
  select(editor, IN_BODY);
  const filling = vscode.commands.executeCommand<FillAnswer | undefined>("fillwright.fillBodies");
  await until("the engine is at work", async () => (await status()).state === "busy");
  await vscode.commands.executeCommand("fillwright.cancel");
  assert.equal((await filling)?.applied ?? false, false);
  assert.equal(editor.document.getText(), SOURCE);
  await until("the engine is free", async () => (await status()).state === "ready");
  await configure("fill.decode", undefined);
  await configure("fill.steps", undefined);
});

test("typing gives up the fill of what stood there before", async () => {
  const editor = await open(SOURCE);
  select(editor, IN_BODY);
  const filling = vscode.commands.executeCommand<FillAnswer | undefined>("fillwright.fillBodies");
  await editor.edit((edit) => {
    edit.insert(new vscode.Position(0, 0), "typed\n");
  });
  assert.equal((await filling)?.applied ?? false, false);
  assert.equal(editor.document.getText(), `typed\n${SOURCE}`);
});

test("a fill is indented as the editor says", async () => {
  const source = "def add(a, b):\n";
  const editor = await open(source, "py");
  editor.options = { insertSpaces: false, tabSize: 8 };
  select(editor, [0, 14, 0, 14]);
  const answer = await vscode.commands.executeCommand<FillAnswer>("fillwright.fillBodies");
  assert.equal(answer.applied, true, answer.reason ?? "");
  assert.match(editor.document.getText(), /^def add\(a, b\):\n\t\S/);
});
