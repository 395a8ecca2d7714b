/** A look through the file for unlikely places; the server publishes them as hints. */
import * as l10n from "@vscode/l10n";
import * as vscode from "vscode";
import { ExecuteCommandRequest } from "vscode-languageclient";
import type { CheckAnswer } from "./protocol";
import type { Server } from "./server";

/** Looks through the active editor's file, and says how much was found. */
export async function checkFile(server: Server): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  const client = await server.ready();
  if (document === undefined || client === undefined) return;
  const params = { command: "fillwright.check", arguments: [{ uri: document.uri.toString() }] };
  try {
    const answer = (await client.sendRequest(ExecuteCommandRequest.type, params)) as CheckAnswer;
    if (answer.places !== null) void vscode.window.showInformationMessage(found(answer.places));
  } catch (error) {
    void vscode.window.showWarningMessage(error instanceof Error ? error.message : String(error));
  }
}

function found(places: number): string {
  if (places === 0) return l10n.t("Nothing in this file is unlikely.");
  return places === 1
    ? l10n.t("1 unlikely place is marked by dots below the text.")
    : l10n.t("{0} unlikely places are marked by dots below the text.", places);
}
