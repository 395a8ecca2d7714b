/** Which documents are filled. */
import * as vscode from "vscode";

/** Every file, whatever its language; not the editor's own documents, such as output and diffs. */
export function anyDocument(): { scheme: string }[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const schemes = [
    "file",
    "untitled",
    "vscode-notebook-cell",
    ...folders.map(({ uri }) => uri.scheme),
  ];
  return [...new Set(schemes)].map((scheme) => ({ scheme }));
}
