/** Edits that wait for the user: each one a diff editor, with buttons to apply or to discard it. */
import * as l10n from "@vscode/l10n";
import * as vscode from "vscode";
import type { PreviewAnswer } from "./protocol";
import { withEdits } from "./textEdits";

/** The scheme of the documents that show what an edit would make of a file. */
export const SCHEME = "fillwright-preview";

/** What to ask for to change less, or more. */
type Around = Pick<PreviewAnswer, "less" | "more">;

interface Preview {
  around: Around;
  document: vscode.TextDocument;
  version: number;
  edit: vscode.WorkspaceEdit;
  text: string;
}

export class Previews implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly open = new Map<string, Preview>();
  private shown = 0;
  private readonly listening = vscode.workspace.onDidCloseTextDocument(({ uri }) => {
    this.open.delete(uri.toString());
  });

  dispose(): void {
    this.listening.dispose();
    this.open.clear();
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.open.get(uri.toString())?.text ?? "";
  }

  /**
   * Shows what `edit` would make of the document, beside the document as it is, titled `what`, in
   * place of the preview in front.
   */
  async show(
    document: vscode.TextDocument,
    edit: vscode.WorkspaceEdit,
    what: string,
    around: Around,
  ): Promise<void> {
    await this.discard();
    const edits = edit.get(document.uri).map(({ range, newText }) => ({
      start: document.offsetAt(range.start),
      end: document.offsetAt(range.end),
      text: newText,
    }));
    // the path ends as the file's does, which gives the preview the file's language
    const uri = vscode.Uri.from({
      scheme: SCHEME,
      path: document.uri.path,
      query: `${++this.shown}`,
    });
    const text = withEdits(document.getText(), edits);
    this.open.set(uri.toString(), { around, document, version: document.version, edit, text });
    const name = vscode.workspace.asRelativePath(document.uri);
    await vscode.commands.executeCommand("vscode.diff", document.uri, uri, `${name}: ${what}`, {
      preview: false,
    });
  }

  /** What to ask for to change less, or more, than the preview in front. */
  aroundFront(): Around | undefined {
    return this.open.get(tabInFront()?.input.modified.toString() ?? "")?.around;
  }

  /** Nothing came of what the preview in front asked for; the next time it asks for this. */
  goBeyond(around: Around): void {
    const preview = this.open.get(tabInFront()?.input.modified.toString() ?? "");
    if (preview !== undefined) preview.around = { ...preview.around, ...around };
  }

  /** Applies the edit of the diff editor in front, as one undo step, and closes the diff. */
  async apply(): Promise<void> {
    const tab = tabInFront();
    const preview = this.open.get(tab?.input.modified.toString() ?? "");
    if (tab === undefined || preview === undefined) return;
    await vscode.window.tabGroups.close(tab);
    if (preview.document.version !== preview.version) {
      void vscode.window.showWarningMessage(
        l10n.t("Fillwright: the document changed since the rewrite was made; ask for it again."),
      );
      return;
    }
    await vscode.workspace.applyEdit(preview.edit);
  }

  /** Closes the diff editor in front; its edit is forgotten. */
  async discard(): Promise<void> {
    const tab = tabInFront();
    if (tab !== undefined) await vscode.window.tabGroups.close(tab);
  }
}

type DiffTab = vscode.Tab & { input: vscode.TabInputTextDiff };

function tabInFront(): DiffTab | undefined {
  const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
  return tab?.input instanceof vscode.TabInputTextDiff && tab.input.modified.scheme === SCHEME
    ? (tab as DiffTab)
    : undefined;
}
