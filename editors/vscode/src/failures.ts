/** Where there is no server: a message that says why, with buttons for what can be done about it. */
import * as vscode from "vscode";
import type { Remedy } from "./findServer";
import type { Failure, Server } from "./server";

interface Button {
  title: string;
  command: string;
}

const LOG: Button = { title: "Show Log", command: "fillwright.showLog" };
const RESTART: Button = { title: "Restart", command: "fillwright.restartServer" };
const BUTTONS: Record<Remedy, Button> = {
  install: { title: "Install", command: "fillwright.installServer" },
  settings: { title: "Open Settings", command: "fillwright.openSettings" },
  trust: { title: "Manage Trust", command: "workbench.trust.manage" },
};
const REMOTE_SETTINGS = "This window reads that setting from the Remote settings.";

/** Tells of a missing server once per window, and each time that something is asked of it. */
export function tellFailures(server: Server): vscode.Disposable {
  let told = false;
  return server.onFailure((failure) => {
    if (told && !failure.asked) return;
    told = true;
    void tell(failure);
  });
}

async function tell({ message, missing }: Failure): Promise<void> {
  const buttons = missing?.remedies.map((remedy) => BUTTONS[remedy]) ?? [RESTART, LOG];
  // a setting that names a program belongs to the machine that runs it
  const isElsewhere = vscode.env.remoteName !== undefined && missing?.setting === true;
  const why = isElsewhere ? `${message} ${REMOTE_SETTINGS}` : message;
  const pressed = await vscode.window.showWarningMessage(`Fillwright: ${why}`, ...buttons);
  if (pressed !== undefined) await vscode.commands.executeCommand(pressed.command);
}
