/** The commands of the palette, the menus and the keys. */
import * as vscode from "vscode";
import { ExecuteCommandRequest } from "vscode-languageclient";
import type { FillRequests } from "./fillRequests";
import { checkFile } from "./check";
import { chooseEngine } from "./engines";
import { install } from "./install";
import { showMenu, toggleGhostText } from "./menu";
import type { Previews } from "./previews";
import type { FillAnswer, Target } from "./protocol";
import { FILL_OR_SHOW, changeBy, fillOrShow, rewriteSelection } from "./rewrite";
import type { Server } from "./server";
import { snooze } from "./snooze";
import { target, targetsOf } from "./targets";

/** What the commands work with. */
export interface Parts {
  context: vscode.ExtensionContext;
  log: vscode.LogOutputChannel;
  requests: FillRequests;
  server: Server;
  previews: Previews;
}

/** Registers every command that package.json declares, and the one that code actions take. */
export function registerCommands(parts: Parts): vscode.Disposable {
  const { context, log, requests, server, previews } = parts;
  const commands: Record<string, (argument: unknown) => unknown> = {
    "fillwright.fillCursors": () => fill(parts, (editor) => targetsOf(editor, "line")),
    "fillwright.fillBodies": () => fillBodies(parts),
    [FILL_OR_SHOW]: (targets) => showFirst(parts, targets as Target[]),
    "fillwright.fillStubs": () => fill(parts, stubs),
    "fillwright.rewriteSelection": () => rewriteSelection(server, requests, previews),
    "fillwright.checkFile": () => checkFile(server),
    "fillwright.applyRewrite": () => previews.apply(),
    "fillwright.discardRewrite": () => previews.discard(),
    "fillwright.changeLess": () => changeBy("less", server, requests, previews),
    "fillwright.changeMore": () => changeBy("more", server, requests, previews),
    "fillwright.cancel": () => {
      requests.cancel();
    },
    "fillwright.recallGhostText": () => recallGhostText(server),
    "fillwright.toggleGhostText": toggleGhostText,
    "fillwright.snoozeSuggestions": () => snooze(server),
    "fillwright.chooseEngine": () => chooseEngine(server),
    "fillwright.showMenu": () => showMenu(server),
    "fillwright.showLog": () => {
      log.show();
    },
    "fillwright.restartServer": () => server.restart(),
    "fillwright.installServer": () => install(server, context),
    "fillwright.openSettings": () =>
      vscode.commands.executeCommand(
        "workbench.action.openSettings",
        `@ext:${context.extension.id}`,
      ),
  };
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([name, run]) => vscode.commands.registerCommand(name, run)),
  );
}

async function fill(
  { server, requests }: Parts,
  targets: (editor: vscode.TextEditor) => Target[],
): Promise<FillAnswer | undefined> {
  const editor = vscode.window.activeTextEditor;
  const client = await server.ready();
  if (editor === undefined || client === undefined) return undefined;
  return requests.fill(client, targets(editor));
}

/** Fills the functions around the cursors; code that would go is shown first. */
async function fillBodies(parts: Parts): Promise<FillAnswer | undefined> {
  const editor = vscode.window.activeTextEditor;
  const client = await parts.server.ready();
  if (editor === undefined || client === undefined) return undefined;
  return fillOrShow(client, parts.requests, parts.previews, targetsOf(editor, "body"));
}

async function showFirst(parts: Parts, targets: Target[]): Promise<FillAnswer | undefined> {
  const client = await parts.server.ready();
  if (client === undefined) return undefined;
  return fillOrShow(client, parts.requests, parts.previews, targets, () => true);
}

function stubs({ document, selection }: vscode.TextEditor): Target[] {
  return [target(document, new vscode.Range(selection.active, selection.active), "stubsInFile")];
}

/** Offers once more the suggestion that was last made for the cursor's place. */
async function recallGhostText(server: Server): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const client = await server.ready();
  if (editor === undefined || client === undefined) return;
  const { line, character } = editor.selection.active;
  const place = { uri: editor.document.uri.toString(), position: { line, character } };
  const params = { command: "fillwright.recall", arguments: [place] };
  await client.sendRequest(ExecuteCommandRequest.type, params);
  await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
}
