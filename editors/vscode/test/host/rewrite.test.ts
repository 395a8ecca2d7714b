import assert from "node:assert/strict";
import * as vscode from "vscode";
import { RETURNED, SOURCE, open, select, undo } from "./editor";
import { test, until } from "./runner";

/** Asks for a rewrite and waits for the diff; gives the text that it proposes. */
async function rewrite(): Promise<{ editor: vscode.TextEditor; proposed: string }> {
  const editor = await open(SOURCE);
  select(editor, RETURNED);
  await vscode.commands.executeCommand("fillwright.rewriteSelection");
  const diff = diffInFront();
  assert(diff);
  assert.equal(diff.original.toString(), editor.document.uri.toString());
  const preview = await vscode.workspace.openTextDocument(diff.modified);
  return { editor, proposed: preview.getText() };
}

function diffInFront(): vscode.TabInputTextDiff | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputTextDiff ? input : undefined;
}

function title(): string {
  return vscode.window.tabGroups.activeTabGroup.activeTab?.label ?? "";
}

test("a rewrite is shown as a diff, and applied as one undo step", async () => {
  const { editor, proposed } = await rewrite();
  assert.equal(editor.document.getText(), SOURCE);
  assert.notEqual(proposed, SOURCE);
  const [before = "", after = ""] = SOURCE.split("NotImplemented");
  assert(proposed.startsWith(before) && proposed.endsWith(after), proposed);
  await vscode.commands.executeCommand("fillwright.applyRewrite");
  assert.equal(editor.document.getText(), proposed);
  assert.equal(diffInFront(), undefined);
  await vscode.window.showTextDocument(editor.document);
  await undo();
  assert.equal(editor.document.getText(), SOURCE);
});

test("a rewrite may change less, and then all again", async () => {
  const { editor } = await rewrite();
  const first = diffInFront();
  await vscode.commands.executeCommand("fillwright.changeMore");
  assert.equal(diffInFront(), first);
  const before = title();
  // where nothing else is likelier there is no other diff, and this one stays
  for (let levels = 0; levels < 5 && title() === before; levels++)
    await vscode.commands.executeCommand("fillwright.changeLess");
  if (title() !== before) {
    assert.match(title(), /: \d+ % renoised$/);
    await vscode.commands.executeCommand("fillwright.changeMore");
    assert.doesNotMatch(title(), /: 75 % renoised$/);
  }
  await vscode.commands.executeCommand("fillwright.discardRewrite");
  assert.equal(editor.document.getText(), SOURCE);
});

test("a discarded rewrite leaves the file alone", async () => {
  const { editor } = await rewrite();
  await vscode.commands.executeCommand("fillwright.discardRewrite");
  assert.equal(diffInFront(), undefined);
  assert.equal(editor.document.getText(), SOURCE);
});

test("a rewrite of what has changed since is not applied", async () => {
  const { editor } = await rewrite();
  const change = new vscode.WorkspaceEdit();
  change.insert(editor.document.uri, new vscode.Position(0, 0), "typed ");
  await vscode.workspace.applyEdit(change);
  await vscode.commands.executeCommand("fillwright.applyRewrite");
  assert.equal(editor.document.getText(), `typed ${SOURCE}`);
});

test("a body with code is rewritten, and seen before it is", async () => {
  const editor = await open(WRITTEN, "py");
  const command = await until("something else for one of the bodies", async () => {
    for (const line of [1, 5, 9]) {
      await vscode.window.showTextDocument(editor.document);
      const place = [line, 8, line, 8] as const;
      const [action] = await actions(editor, place, "Rewrite body");
      assert(action?.command);
      select(editor, place);
      await vscode.commands.executeCommand(
        action.command.command,
        ...((action.command.arguments ?? []) as unknown[]),
      );
      if (diffInFront() !== undefined) return action.command;
    }
    return undefined;
  });
  assert.equal(command.command, "fillwright.fill");
  assert.equal(editor.document.getText(), WRITTEN);
  await vscode.commands.executeCommand("fillwright.applyRewrite");
  assert.notEqual(editor.document.getText(), WRITTEN);
  await vscode.window.showTextDocument(editor.document);
  await undo();
  assert.equal(editor.document.getText(), WRITTEN);
});

test("a selection has one action, which shows a diff", async () => {
  const editor = await open(SOURCE);
  const found = await actions(editor, RETURNED, "Rewrite selection");
  assert.deepEqual(
    found.map(({ command }) => command?.command),
    ["fillwright.rewriteSelection"],
  );
});

const WRITTEN = `def area(width, height):
    return 17 - width


def mean(numbers):
    return numbers


def is_empty(items):
    return items == 3
`;

async function actions(
  editor: vscode.TextEditor,
  place: readonly [number, number, number, number],
  title: string,
): Promise<vscode.CodeAction[]> {
  const found = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    "vscode.executeCodeActionProvider",
    editor.document.uri,
    new vscode.Range(...place),
    vscode.CodeActionKind.RefactorRewrite.value,
  );
  return found.filter((action) => action.title.startsWith(title));
}
