/** The menu behind the status bar item: what can be done, and why there was no suggestion. */
import * as vscode from "vscode";
import { ExecuteCommandRequest, type BaseLanguageClient } from "vscode-languageclient";
import type { StatusAnswer } from "./protocol";
import type { Server } from "./server";

interface Item extends vscode.QuickPickItem {
  command?: string;
}

const REASONS = 5;

/** Shows the menu and runs what is chosen. */
export async function showMenu(server: Server): Promise<void> {
  const client = await server.running();
  const items = [...actions(client !== undefined), ...(client ? await reasons(client) : [])];
  const chosen = await vscode.window.showQuickPick<Item>(items, { title: "Fillwright" });
  if (chosen?.command !== undefined) await vscode.commands.executeCommand(chosen.command);
}

/** Turns ghost text on or off, for every window. */
export async function toggleGhostText(): Promise<void> {
  await vscode.workspace
    .getConfiguration("fillwright")
    .update("inlineCompletion.enabled", !ghostTextIsOn(), vscode.ConfigurationTarget.Global);
}

function actions(runs: boolean): Item[] {
  const fills: Item[] = [
    { label: "$(sparkle) Fill at every cursor", command: "fillwright.fillCursors" },
    { label: "$(symbol-method) Fill the function bodies", command: "fillwright.fillBodies" },
    { label: "$(edit) Rewrite selection…", command: "fillwright.rewriteSelection" },
    {
      label: ghostTextIsOn() ? "$(eye-closed) Turn ghost text off" : "$(eye) Turn ghost text on",
      command: "fillwright.toggleGhostText",
    },
  ];
  const upkeep: Item[] = [
    { label: "$(output) Show the log", command: "fillwright.showLog" },
    { label: "$(debug-restart) Restart the server", command: "fillwright.restartServer" },
    { label: "$(gear) Open the settings", command: "fillwright.openSettings" },
  ];
  const install: Item = {
    label: "$(desktop-download) Install the server",
    command: "fillwright.installServer",
  };
  return runs ? [...fills, separator(""), ...upkeep] : [install, ...upkeep];
}

/** Why places got no suggestion lately, the newest first. */
async function reasons(client: BaseLanguageClient): Promise<Item[]> {
  const params = { command: "fillwright.status" };
  const status = (await client.sendRequest(ExecuteCommandRequest.type, params)) as StatusAnswer;
  const latest = status.suppressed.slice(-REASONS).reverse();
  if (latest.length === 0) return [];
  const shown = latest.map(({ uri, message }) => ({
    label: `$(info) ${message}`,
    description: vscode.workspace.asRelativePath(vscode.Uri.parse(uri)),
  }));
  return [separator("why there was no suggestion"), ...shown];
}

function separator(label: string): Item {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

function ghostTextIsOn(): boolean {
  return vscode.workspace.getConfiguration("fillwright").get("inlineCompletion.enabled", true);
}
