/** Where there is no server: a message that says why, with buttons for what can be done about it. */
import * as l10n from "@vscode/l10n";
import * as vscode from "vscode";
import type { Remedy } from "./findServer";
import type { Failure, Server } from "./server";

interface Button {
  title: string;
  command: string;
}

/** What can be done about a server that does not run. */
function inAnyCase(): Button[] {
  return [
    { title: l10n.t("Restart"), command: "fillwright.restartServer" },
    { title: l10n.t("Show Log"), command: "fillwright.showLog" },
  ];
}

function button(remedy: Remedy): Button {
  switch (remedy) {
    case "install":
      return { title: l10n.t("Install"), command: "fillwright.installServer" };
    case "settings":
      return { title: l10n.t("Open Settings"), command: "fillwright.openSettings" };
    case "trust":
      return { title: l10n.t("Manage Trust"), command: "workbench.trust.manage" };
  }
}

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
  const buttons = missing?.remedies.map(button) ?? inAnyCase();
  // a setting that names a program belongs to the machine that runs it
  const isElsewhere = vscode.env.remoteName !== undefined && missing?.setting === true;
  const remotely = l10n.t("This window reads that setting from the Remote settings.");
  const why = isElsewhere ? `${message} ${remotely}` : message;
  const pressed = await vscode.window.showWarningMessage(`Fillwright: ${why}`, ...buttons);
  if (pressed !== undefined) await vscode.commands.executeCommand(pressed.command);
}
