/** The menu of the status bar item: what can be done, and why there was no suggestion. */
import * as l10n from "@vscode/l10n";
import * as vscode from "vscode";
import { ExecuteCommandRequest, type BaseLanguageClient } from "vscode-languageclient";
import type { StatusAnswer } from "./protocol";
import type { Server } from "./server";
import { menuTitle, stillComputing } from "./statusText";

interface Item extends vscode.QuickPickItem {
  command?: string;
}

const REASONS = 5;

/** Shows the menu and runs what is chosen. */
export async function showMenu(server: Server): Promise<void> {
  const client = await server.running();
  const status = client && (await statusOf(client));
  const items = [...actions(client !== undefined, status), ...(status ? reasons(status) : [])];
  const title = status ? menuTitle(status) : "Fillwright";
  const chosen = await vscode.window.showQuickPick<Item>(items, { title });
  if (chosen?.command !== undefined) await vscode.commands.executeCommand(chosen.command);
}

/** Turns ghost text on or off, for every window. */
export async function toggleGhostText(): Promise<void> {
  await vscode.workspace
    .getConfiguration("fillwright")
    .update("inlineCompletion.enabled", !ghostTextIsOn(), vscode.ConfigurationTarget.Global);
}

function actions(runs: boolean, status?: StatusAnswer): Item[] {
  const snoozed = status?.snoozed ?? 0;
  const fills: Item[] = [
    { label: `$(sparkle) ${l10n.t("Fill at every cursor")}`, command: "fillwright.fillCursors" },
    {
      label: `$(symbol-method) ${l10n.t("Fill the function bodies")}`,
      command: "fillwright.fillBodies",
    },
    { label: `$(edit) ${l10n.t("Rewrite selection…")}`, command: "fillwright.rewriteSelection" },
    // only where the model was measured to be good for it
    ...(status?.doubts
      ? [
          {
            label: `$(search) ${l10n.t("Look for unlikely places")}`,
            command: "fillwright.checkFile",
          },
        ]
      : []),
    {
      label: ghostTextIsOn()
        ? `$(eye-closed) ${l10n.t("Turn ghost text off")}`
        : `$(eye) ${l10n.t("Turn ghost text on")}`,
      command: "fillwright.toggleGhostText",
    },
    {
      label: `$(bell-slash) ${l10n.t("Snooze suggestions…")}`,
      command: "fillwright.snoozeSuggestions",
      ...(snoozed > 0 && { description: l10n.t("quiet for {0} more min", Math.ceil(snoozed)) }),
    },
  ];
  const upkeep: Item[] = [
    { label: `$(server) ${l10n.t("Choose the engine…")}`, command: "fillwright.chooseEngine" },
    { label: `$(output) ${l10n.t("Show the log")}`, command: "fillwright.showLog" },
    {
      label: `$(debug-restart) ${l10n.t("Restart the server")}`,
      command: "fillwright.restartServer",
    },
    { label: `$(gear) ${l10n.t("Open the settings")}`, command: "fillwright.openSettings" },
  ];
  const install: Item = {
    label: `$(desktop-download) ${l10n.t("Install the server")}`,
    command: "fillwright.installServer",
  };
  return runs ? [...fills, separator(""), ...upkeep] : [install, ...upkeep];
}

async function statusOf(client: BaseLanguageClient): Promise<StatusAnswer> {
  const params = { command: "fillwright.status" };
  return (await client.sendRequest(ExecuteCommandRequest.type, params)) as StatusAnswer;
}

/** Why places got no suggestion lately, the newest first. */
function reasons(status: StatusAnswer): Item[] {
  const latest = status.suppressed.slice(-REASONS).reverse();
  const shown: Item[] = latest.map(({ uri, message }) => ({
    label: `$(info) ${message}`,
    description: vscode.workspace.asRelativePath(vscode.Uri.parse(uri)),
  }));
  const now = stillComputing(status);
  if (now !== undefined) shown.unshift({ label: `$(loading~spin) ${now}` });
  return shown.length === 0 ? [] : [separator(l10n.t("why there was no suggestion")), ...shown];
}

function separator(label: string): Item {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

function ghostTextIsOn(): boolean {
  return vscode.workspace.getConfiguration("fillwright").get("inlineCompletion.enabled", true);
}
