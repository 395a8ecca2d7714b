/** What VS Code calls: puts the parts together, and starts the server without waiting for it. */
import * as vscode from "vscode";
import { registerCommands } from "./commands";
import { anyDocument } from "./documents";
import { Drafts } from "./drafts";
import { FillRequests } from "./fillRequests";
import { installedIn, offerInstall } from "./install";
import { Previews, SCHEME } from "./previews";
import { rewriteAction } from "./rewrite";
import { Server } from "./server";
import { StatusBar } from "./statusBar";

let server: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel("Fillwright", { log: true });
  const requests = new FillRequests();
  const started = new Server(log, requests, installedIn(context));
  const previews = new Previews();
  context.subscriptions.push(
    log,
    requests,
    previews,
    new StatusBar(started),
    new Drafts(started, requests),
    offerInstall(started, context),
    registerCommands({ context, log, requests, server: started, previews }),
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, previews),
    vscode.languages.registerCodeActionsProvider(anyDocument(), rewriteAction(started), {
      providedCodeActionKinds: [vscode.CodeActionKind.RefactorRewrite],
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => started.restart()),
    vscode.workspace.onDidChangeWorkspaceFolders(() => started.restart()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("fillwright.server")) void started.restart();
    }),
  );
  server = started;
  void started.restart();
}

export async function deactivate(): Promise<void> {
  await server?.dispose();
}
