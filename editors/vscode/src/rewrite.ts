/** Code that is rewritten: a diff editor first, and only then the edit. */
import * as l10n from "@vscode/l10n";
import * as vscode from "vscode";
import { ExecuteCommandRequest, type BaseLanguageClient } from "vscode-languageclient";
import type { FillRequests } from "./fillRequests";
import type { Previews } from "./previews";
import type { FillAnswer, PreviewAnswer, StatusAnswer, Target } from "./protocol";
import type { Server } from "./server";
import { targetsOf } from "./targets";

/** The command that takes code actions which replace code; for nobody's keys. */
export const FILL_OR_SHOW = "fillwright.fillOrShow";

/** Rewrites the selections, and shows the outcome as a diff; asks how, if the model takes that. */
export async function rewriteSelection(
  server: Server,
  requests: FillRequests,
  previews: Previews,
): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const client = await server.ready();
  if (editor === undefined || client === undefined) return;
  const targets = targetsOf(editor, "line");
  const instruction = (await takesInstructions(client)) ? await ask() : "";
  if (instruction === undefined) return;
  const instructed =
    instruction === "" ? targets : targets.map((each) => ({ ...each, instruction }));
  await fillOrShow(client, requests, previews, instructed, () => true);
}

/**
 * Fills targets of one document at once where nothing was written, and shows a diff where code would
 * be replaced, or where `seenFirst` says so.
 */
export async function fillOrShow(
  client: BaseLanguageClient,
  requests: FillRequests,
  previews: Previews,
  targets: Target[],
  seenFirst: (answer: PreviewAnswer) => boolean = ({ rewrites }) => rewrites,
): Promise<FillAnswer | undefined> {
  const document = vscode.workspace.textDocuments.find(
    ({ uri }) => uri.toString() === targets[0]?.uri,
  );
  const version = document?.version;
  const answer = await requests.preview(client, targets);
  if (document === undefined || answer === undefined) return undefined;
  if (answer.edit === null || document.version !== version) {
    if (answer.edit === null) previews.goBeyond(answer);
    return { applied: false, reason: answer.reason };
  }
  const edit = await client.protocol2CodeConverter.asWorkspaceEdit(answer.edit);
  if (!seenFirst(answer))
    return { applied: await vscode.workspace.applyEdit(edit), reason: answer.reason };
  await previews.show(document, edit, titleOf(answer, targets[0]), answer);
  return { applied: false, reason: answer.reason };
}

/** Asks for the rewrite in front once more, with less or more of the selection changed. */
export async function changeBy(
  way: "less" | "more",
  server: Server,
  requests: FillRequests,
  previews: Previews,
): Promise<void> {
  const around = previews.aroundFront();
  const client = await server.ready();
  if (around === undefined || client === undefined) return;
  const target = around[way];
  if (target === undefined) {
    const sentence =
      way === "less"
        ? l10n.t("Fillwright: this rewrite cannot change less.")
        : l10n.t("Fillwright: this rewrite cannot change more.");
    void vscode.window.showInformationMessage(sentence);
    return;
  }
  await fillOrShow(client, requests, previews, [target], () => true);
}

/** Offers the command in the lightbulb, in place of the server's own action. */
export function rewriteAction(server: Server): vscode.CodeActionProvider {
  let asksHow = false;
  server.onStatus(({ instructions }) => {
    asksHow = instructions === true;
  });
  return {
    provideCodeActions(_document, range) {
      if (range.isEmpty) return [];
      const title = asksHow ? l10n.t("Rewrite selection…") : l10n.t("Rewrite selection");
      const action = new vscode.CodeAction(title, vscode.CodeActionKind.RefactorRewrite);
      action.command = { command: "fillwright.rewriteSelection", title };
      return [action];
    },
  };
}

async function takesInstructions(client: BaseLanguageClient): Promise<boolean> {
  const params = { command: "fillwright.status", arguments: [] };
  const status = (await client.sendRequest(ExecuteCommandRequest.type, params)) as StatusAnswer;
  return status.instructions === true;
}

function ask(): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title: l10n.t("Rewrite selection"),
    prompt: l10n.t("What should the new text do? Empty: whatever fits the code around it."),
  });
}

function titleOf(answer: PreviewAnswer, { strength, instruction = "" }: Partial<Target> = {}) {
  const how =
    strength === undefined
      ? l10n.t("rewritten")
      : l10n.t("{0} % renoised", Math.round(100 * strength));
  if (answer.instructed === false) return l10n.t("{0} (instruction not used)", how);
  return instruction === "" ? how : instruction;
}
