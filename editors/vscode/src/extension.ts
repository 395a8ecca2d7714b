/** What VS Code calls: puts the parts together, and starts the server without waiting for it. */
import * as l10n from "@vscode/l10n";
import * as vscode from "vscode";
import { registerCommands } from "./commands";
import { anyDocument } from "./documents";
import { Drafts } from "./drafts";
import { tellFailures } from "./failures";
import { FillRequests } from "./fillRequests";
import { installedIn } from "./install";
import { Previews, SCHEME } from "./previews";
import { rewriteAction } from "./rewrite";
import { Server } from "./server";
import { StatusBar } from "./statusBar";

let server: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const translated = vscode.l10n.bundle;
  if (translated !== undefined) l10n.config({ contents: translated });
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
    tellFailures(started),
    registerCommands({ context, log, requests, server: started, previews }),
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, previews),
    vscode.languages.registerCodeActionsProvider(anyDocument(), rewriteAction(started), {
      providedCodeActionKinds: [vscode.CodeActionKind.RefactorRewrite],
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => started.restart()),
    vscode.workspace.onDidChangeWorkspaceFolders(() => started.restart()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      // in a window on another machine settings may arrive after the extension was started
      if (change.affectsConfiguration("fillwright.server")) void started.restart();
      else void started.lookAgain();
    }),
  );
  server = started;
  void started.restart();
}

export async function deactivate(): Promise<void> {
  await server?.dispose();
}
