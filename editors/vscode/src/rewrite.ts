/** "Rewrite Selection…": an instruction, then a diff editor, and only then the edit. */
import * as vscode from "vscode";
import type { FillRequests } from "./fillRequests";
import type { Previews } from "./previews";
import type { Server } from "./server";
import { targetsOf } from "./targets";

/** Asks how to rewrite the selections, and shows the outcome as a diff. */
export async function rewriteSelection(
  server: Server,
  requests: FillRequests,
  previews: Previews,
): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const client = await server.ready();
  if (editor === undefined || client === undefined) return;
  const targets = targetsOf(editor, "line");
  const instruction = await vscode.window.showInputBox({
    title: "Rewrite Selection",
    prompt: "What should the new text do? Empty: whatever fits the code around it.",
  });
  if (instruction === undefined) return;
  const instructed =
    instruction === "" ? targets : targets.map((each) => ({ ...each, instruction }));
  const answer = await requests.preview(client, instructed);
  if (!answer?.edit) return;
  const edit = await client.protocol2CodeConverter.asWorkspaceEdit(answer.edit);
  await previews.show(editor.document, edit, instruction);
}

/** Offers the command in the lightbulb, beside the server's own actions. */
export const rewriteAction: vscode.CodeActionProvider = {
  provideCodeActions(_document, range) {
    if (range.isEmpty) return [];
    const action = new vscode.CodeAction(
      "Rewrite selection…",
      vscode.CodeActionKind.RefactorRewrite,
    );
    action.command = { command: "fillwright.rewriteSelection", title: action.title };
    return [action];
  },
};
