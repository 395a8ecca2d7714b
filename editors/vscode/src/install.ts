/** Installs the server that the package brings, in a terminal. */
import * as l10n from "@vscode/l10n";
import * as vscode from "vscode";
import type { Server } from "./server";

const TASK = "fillwright-install";

/** Runs the install command in a terminal, and starts the server when it is done. */
export async function install(server: Server, context: vscode.ExtensionContext): Promise<void> {
  const task = new vscode.Task(
    { type: TASK },
    vscode.TaskScope.Workspace,
    l10n.t("Install the server"),
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
