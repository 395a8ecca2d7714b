/** Live drafts: what a fill that was asked for holds so far, after the lines that it will replace. */
import * as vscode from "vscode";
import { coloured } from "./draftColours";
import { layOut } from "./draftLayout";
import type { FillRequests } from "./fillRequests";
import type { Draft } from "./protocol";
import type { Server } from "./server";

export class Drafts implements vscode.Disposable {
  private readonly replaced = vscode.window.createTextEditorDecorationType({ opacity: "0.4" });
  private readonly text = vscode.window.createTextEditorDecorationType({
    after: { margin: "0 0 0 2ch" },
  });
  private readonly listening: vscode.Disposable;
  /** What is drawn now. */
  private last: Draft | undefined;

  constructor(server: Server, requests: FillRequests) {
    this.listening = vscode.Disposable.from(
      server.onDraft((draft) => {
        this.show(draft);
      }),
      requests.onEnded(() => {
        this.clear();
      }),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        this.clear(document);
      }),
    );
  }

  dispose(): void {
    this.listening.dispose();
    this.replaced.dispose();
    this.text.dispose();
  }

  private show(draft: Draft): void {
    // ghost text is drawn by the editor, and drafts of it would stand beside it
    if (draft.kind !== "edit") return;
    const { last } = this;
    const before = last?.uri === draft.uri && last.version === draft.version ? last : undefined;
    this.last = draft;
    for (const editor of vscode.window.visibleTextEditors) {
      const { document } = editor;
      if (document.uri.toString() !== draft.uri || document.version !== draft.version) continue;
      editor.setDecorations(
        this.replaced,
        draft.holes.map(({ range }) => asRange(range)),
      );
      editor.setDecorations(
        this.text,
        draft.holes
          .flatMap((hole, index) => layOut(hole, before?.holes[index]))
          .map(({ line, pieces }) => {
            const end = document.lineAt(line).range.end;
            const contentText = pieces.map(({ text }) => text).join("");
            return {
              range: new vscode.Range(end, end),
              renderOptions: { after: { contentText, textDecoration: coloured(pieces) } },
            };
          }),
      );
    }
  }

  private clear(document?: vscode.TextDocument): void {
    if (document === undefined || document.uri.toString() === this.last?.uri) this.last = undefined;
    for (const editor of vscode.window.visibleTextEditors) {
      if (document !== undefined && editor.document !== document) continue;
      editor.setDecorations(this.replaced, []);
      editor.setDecorations(this.text, []);
    }
  }
}

function asRange({ start, end }: Draft["holes"][number]["range"]): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}
