/** Quiet for a while: nothing is suggested by itself for some minutes, in every window's own server. */
import * as l10n from "@vscode/l10n";
import * as vscode from "vscode";
import { ExecuteCommandRequest } from "vscode-languageclient";
import type { Server } from "./server";

const MINUTES = [5, 15, 60];

interface Choice extends vscode.QuickPickItem {
  minutes: number;
}

/** Asks for how long, and tells the server. */
export async function snooze(server: Server): Promise<void> {
  const client = await server.ready();
  if (client === undefined) return;
  const choices: Choice[] = [
    ...MINUTES.map((minutes) => ({ label: l10n.t("{0} minutes", minutes), minutes })),
    { label: l10n.t("Not at all"), description: l10n.t("suggest again now"), minutes: 0 },
  ];
  const title = l10n.t("No suggestions for …");
  const chosen = await vscode.window.showQuickPick(choices, { title });
  if (chosen === undefined) return;
  const params = { command: "fillwright.snooze", arguments: [chosen.minutes] };
  await client.sendRequest(ExecuteCommandRequest.type, params);
}
