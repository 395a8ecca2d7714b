import assert from "node:assert/strict";
import * as vscode from "vscode";
import { LINE_END, SOURCE, open, select, undo } from "./editor";
import { test, until } from "./runner";

test("ghost text is committed as one undo step", async () => {
  const editor = await open(SOURCE);
  select(editor, LINE_END);
  await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
  await until("ghost text is there and committed", async () => {
    await vscode.commands.executeCommand("editor.action.inlineSuggest.commit");
    return editor.document.getText() !== SOURCE;
  });
  const [before, after] = SOURCE.split("return \n");
  const text = editor.document.getText();
  assert(text.startsWith(`${before}return `) && text.endsWith(after ?? ""), text);
  await undo();
  assert.equal(editor.document.getText(), SOURCE);
});

test("the popup has an item of ours", async () => {
  const editor = await open(SOURCE);
  const place = new vscode.Position(LINE_END[0], LINE_END[1]);
  const item = await until("an item", async () => {
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      "vscode.executeCompletionItemProvider",
      editor.document.uri,
      place,
    );
    return list.items.find(({ detail }) => detail === "Fillwright");
  });
  assert(typeof item.insertText === "string");
  assert.match(item.insertText, /^return ./);
});
