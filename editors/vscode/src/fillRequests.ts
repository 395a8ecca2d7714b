/** Fills that were asked for and are under way: progress in the editor, cancel, and what failed. */
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import * as l10n from "@vscode/l10n";
import * as vscode from "vscode";
import {
  ExecuteCommandRequest,
  LSPErrorCodes,
  ResponseError,
  WorkDoneProgress,
  type BaseLanguageClient,
} from "vscode-languageclient";
import type { FillAnswer, PreviewAnswer, Target } from "./protocol";

/** Set while a fill is under way, so that Escape can cancel it. */
const FILLING = "fillwright.filling";
const TITLE = "Fillwright";
const MESSAGE_MS = 5000;
/** Most fills are done by then, and a notification that comes and goes is noise. */
const TOAST_AFTER_MS = 3000;

export class FillRequests implements vscode.Disposable {
  private readonly live = new Set<vscode.CancellationTokenSource>();
  private readonly ended = new vscode.EventEmitter<void>();

  /** The last fill that was under way has ended, one way or another. */
  readonly onEnded = this.ended.event;

  /** Fills the targets of one document jointly; the server applies the edit. */
  async fill(client: BaseLanguageClient, targets: Target[]): Promise<FillAnswer | undefined> {
    const answer = await this.ask<FillAnswer>(client, "fillwright.fill", targets);
    tell(answer?.reason);
    return answer;
  }

  /** The edit that would fill the targets; nothing is applied. */
  async preview(client: BaseLanguageClient, targets: Target[]): Promise<PreviewAnswer | undefined> {
    const answer = await this.ask<PreviewAnswer>(client, "fillwright.preview", targets);
    tell(answer?.reason);
    return answer;
  }

  /** Gives up every fill that is under way. */
  cancel(): void {
    for (const source of this.live) source.cancel();
  }

  dispose(): void {
    this.cancel();
    this.ended.dispose();
  }

  /** Shows the progress in the status bar, and in a notification once it takes long. */
  private async show(
    answer: Promise<unknown>,
    steps: Steps,
    source: vscode.CancellationTokenSource,
  ): Promise<void> {
    const done = answer.then(
      () => true,
      () => true,
    );
    const isShort = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Window, title: TITLE },
      (progress) => {
        steps.showOn(progress);
        return Promise.race([done, pause(TOAST_AFTER_MS, false, { ref: false })]);
      },
    );
    if (isShort) return;
    await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: TITLE, cancellable: true },
      (progress, pressed) => {
        pressed.onCancellationRequested(() => {
          source.cancel();
        });
        steps.showOn(progress);
        return done;
      },
    );
  }

  /** The server's answer; undefined when it was cancelled or failed, which the user has been told. */
  private async ask<Answer>(
    client: BaseLanguageClient,
    command: string,
    targets: Target[],
  ): Promise<Answer | undefined> {
    const source = new vscode.CancellationTokenSource();
    this.live.add(source);
    void vscode.commands.executeCommand("setContext", FILLING, true);
    const steps = new Steps();
    try {
      const answer = send<Answer>(client, command, targets, steps, source.token);
      await this.show(answer, steps, source);
      return await answer;
    } catch (error) {
      tellError(error);
      return undefined;
    } finally {
      this.live.delete(source);
      source.dispose();
      if (this.live.size === 0) {
        void vscode.commands.executeCommand("setContext", FILLING, false);
        this.ended.fire();
      }
    }
  }
}

/** How far a fill has come; whatever shows it takes it up from where it is. */
class Steps {
  private message = "";
  private percentage = 0;
  private sink: { progress: Progress; shown: number } | undefined;

  take(message: string | undefined, percentage: number | undefined): void {
    this.message = message ?? "";
    this.percentage = percentage ?? this.percentage;
    this.tell();
  }

  showOn(progress: Progress): void {
    this.sink = { progress, shown: 0 };
    this.tell();
  }

  private tell(): void {
    if (this.sink === undefined) return;
    const { progress, shown } = this.sink;
    progress.report({ message: this.message, increment: this.percentage - shown });
    this.sink.shown = this.percentage;
  }
}

type Progress = vscode.Progress<{ message?: string; increment?: number }>;

async function send<Answer>(
  client: BaseLanguageClient,
  command: string,
  targets: Target[],
  steps: Steps,
  cancelled: vscode.CancellationToken,
): Promise<Answer> {
  const workDoneToken = randomUUID();
  const listening = client.onProgress(WorkDoneProgress.type, workDoneToken, (report) => {
    if (report.kind !== "end") steps.take(report.message, report.percentage);
  });
  try {
    const params = { command, arguments: targets, workDoneToken };
    return (await client.sendRequest(ExecuteCommandRequest.type, params, cancelled)) as Answer;
  } finally {
    listening.dispose();
  }
}

function tell(reason: string | null | undefined): void {
  if (reason && reason !== "cancelled")
    void vscode.window.showWarningMessage(`${TITLE}: ${reason}`);
}

function tellError(error: unknown): void {
  if (!(error instanceof Error)) throw error;
  const code = error instanceof ResponseError ? error.code : undefined;
  if (code === LSPErrorCodes.RequestCancelled) return;
  if (code === LSPErrorCodes.ContentModified) {
    const text = `${TITLE}: ${l10n.t("the document changed, so the fill was given up")}`;
    vscode.window.setStatusBarMessage(text, MESSAGE_MS);
    return;
  }
  void vscode.window.showWarningMessage(`${TITLE}: ${error.message}`);
}
