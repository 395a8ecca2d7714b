import assert from "node:assert/strict";
import * as vscode from "vscode";
import { RETURNED, SOURCE, open, select, undo } from "./editor";
import { test, until } from "./runner";

/** Asks for a rewrite and waits for the diff; gives the text that it proposes. */
async function rewrite(): Promise<{ editor: vscode.TextEditor; proposed: string }> {
  const editor = await open(SOURCE);
  select(editor, RETURNED);
  const asked = vscode.commands.executeCommand("fillwright.rewriteSelection");
  const diff = await until("a diff editor", async () => {
    await vscode.commands.executeCommand("quickInput.accept");
    return diffInFront();
  });
  await asked;
  assert.equal(diff.original.toString(), editor.document.uri.toString());
  const preview = await vscode.workspace.openTextDocument(diff.modified);
  return { editor, proposed: preview.getText() };
}

function diffInFront(): vscode.TabInputTextDiff | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputTextDiff ? input : undefined;
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
