import assert from "node:assert/strict";
import * as vscode from "vscode";
import { open, undo } from "./editor";
import { test, until } from "./runner";

const SWAPPED = `class Shelf:
    def __init__(self, name, width):
        self.name = name
        self.width = name

    def rename(self, name):
        self.name = name
`;
const WRONG = new vscode.Range(3, 21, 3, 25);

test("an unlikely place is marked as a hint, and its quick fix puts it right", async () => {
  const editor = await open(SWAPPED, "py");
  const { uri } = editor.document;
  await vscode.commands.executeCommand("fillwright.checkFile");
  const [hint] = await until("a hint", () => {
    const told = vscode.languages.getDiagnostics(uri);
    return told.length > 0 ? told : undefined;
  });
  assert(hint);
  assert.equal(hint.severity, vscode.DiagnosticSeverity.Hint);
  assert.equal(hint.source, "Fillwright");
  assert.equal(hint.message, "`name` is unlikely here; `width` is likelier.");
  assert(hint.range.isEqual(WRONG));
  const [fix, ...others] = await quickFixes(uri);
  assert.equal(fix?.title, "Replace by `width`");
  assert.deepEqual(others, []);
  assert(fix.edit);
  await vscode.workspace.applyEdit(fix.edit);
  assert.equal(editor.document.getText(), SWAPPED.replace("width = name", "width = width"));
  await until("no hint", () => vscode.languages.getDiagnostics(uri).length === 0);
  await undo();
  assert.equal(editor.document.getText(), SWAPPED);
});

test("what another server complains of can be renoised", async () => {
  const editor = await open(SWAPPED, "py");
  const { uri } = editor.document;
  const linter = vscode.languages.createDiagnosticCollection("linter");
  linter.set(uri, [new vscode.Diagnostic(WRONG, "width is never used")]);
  try {
    const [renoise, ...others] = await quickFixes(uri);
    assert.equal(renoise?.title, "Renoise this place");
    assert.deepEqual(others, []);
    assert.equal(renoise.command?.command, "fillwright.fill");
  } finally {
    linter.dispose();
  }
});

/** Our quick fixes for the wrong word. */
async function quickFixes(uri: vscode.Uri): Promise<vscode.CodeAction[]> {
  return vscode.commands.executeCommand<vscode.CodeAction[]>(
    "vscode.executeCodeActionProvider",
    uri,
    WRONG,
    vscode.CodeActionKind.QuickFix.value,
  );
}
