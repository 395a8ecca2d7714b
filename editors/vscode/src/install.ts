/** Where there is no server: one message, whose button installs the one that the package brings. */
import * as vscode from "vscode";
import type { Server } from "./server";

const INSTALL = "Install";
const SETTINGS = "Open Settings";
const TASK = "fillwright-install";

/** Offers to install the server when there is none, once per window. */
export function offerInstall(server: Server, context: vscode.ExtensionContext): vscode.Disposable {
  let offered = false;
  return server.onMissing((why) => {
    if (offered) return;
    offered = true;
    void offer(server, context, why);
  });
}

async function offer(server: Server, context: vscode.ExtensionContext, why: string): Promise<void> {
  const pressed = await vscode.window.showWarningMessage(`Fillwright: ${why}`, INSTALL, SETTINGS);
  if (pressed === INSTALL) await install(server, context);
  if (pressed === SETTINGS) await vscode.commands.executeCommand("fillwright.openSettings");
}

/** Runs the install command in a terminal, and starts the server when it is done. */
export async function install(server: Server, context: vscode.ExtensionContext): Promise<void> {
  const task = new vscode.Task(
    { type: TASK },
    vscode.TaskScope.Workspace,
    "Install the server",
    "Fillwright",
    new vscode.ShellExecution(python(), [script(context), installedIn(context)]),
  );
  const execution = await vscode.tasks.executeTask(task);
  const listening = vscode.tasks.onDidEndTaskProcess((ended) => {
    if (ended.execution !== execution) return;
    listening.dispose();
    if (ended.exitCode === 0) void server.restart();
  });
}

/** The virtual environment that the install command makes. */
export function installedIn(context: vscode.ExtensionContext): string {
  return vscode.Uri.joinPath(context.globalStorageUri, "server").fsPath;
}

function script(context: vscode.ExtensionContext): string {
  return context.asAbsolutePath("server/install.py");
}

function python(): string {
  return process.platform === "win32" ? "py" : "python3";
}
