/** What the cursors and selections of an editor ask to be filled. */
import * as vscode from "vscode";
import type { Target } from "./protocol";

/** One target per cursor or selection: `what` for a cursor, a selection is itself the hole. */
export function targetsOf(editor: vscode.TextEditor, what: Target["what"]): Target[] {
  return editor.selections.map((selection) =>
    target(editor.document, selection, selection.isEmpty ? what : "selection"),
  );
}

/** One target in a document as it is now. */
export function target(
  document: vscode.TextDocument,
  { start, end }: vscode.Range,
  what: Target["what"],
): Target {
  return {
    uri: document.uri.toString(),
    what,
    range: {
      start: { line: start.line, character: start.character },
      end: { line: end.line, character: end.character },
    },
    version: document.version,
  };
}
