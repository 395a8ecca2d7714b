/** The one language server of this window: found, started, stopped and started anew, in turn. */
import { access, constants, stat } from "node:fs/promises";
import * as vscode from "vscode";
import { State, type BaseLanguageClient } from "vscode-languageclient";
import { newClient } from "./client";
import type { FillRequests } from "./fillRequests";
import { findServer } from "./findServer";
import type { Draft, Status } from "./protocol";

export class Server implements vscode.Disposable {
  private client: BaseLanguageClient | undefined;
  private failure: string | undefined;
  private turn: Promise<void> = Promise.resolve();
  private readonly statuses = new vscode.EventEmitter<Status>();
  private readonly drafts = new vscode.EventEmitter<Draft>();
  private readonly missing = new vscode.EventEmitter<string>();

  /** What the engine is doing, or why there is no server. */
  readonly onStatus = this.statuses.event;
  readonly onDraft = this.drafts.event;
  /** There is no server to start; the sentence says why. */
  readonly onMissing = this.missing.event;

  /** `installed` is the virtual environment that the install button makes. */
  constructor(
    private readonly log: vscode.LogOutputChannel,
    private readonly requests: FillRequests,
    private readonly installed: string,
  ) {}

  /** The client of a server that answers; undefined when there is none, and the user is told why. */
  async ready(): Promise<BaseLanguageClient | undefined> {
    const client = await this.running();
    if (client === undefined) {
      const why = this.failure ?? "The language server is not running.";
      void vscode.window.showWarningMessage(`Fillwright: ${why}`);
    }
    return client;
  }

  /** The client of a server that answers, once a start that is under way is done. */
  async running(): Promise<BaseLanguageClient | undefined> {
    await this.turn;
    return this.client?.state === State.Running ? this.client : undefined;
  }

  /** Starts the server; the one that runs is stopped first. Calls wait for each other. */
  restart(): Promise<void> {
    return this.inTurn(async () => {
      await this.stop();
      await this.start();
    });
  }

  async dispose(): Promise<void> {
    await this.inTurn(() => this.stop());
    for (const emitter of [this.statuses, this.drafts, this.missing]) emitter.dispose();
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    this.turn = this.turn.then(work);
    return this.turn;
  }

  private async start(): Promise<void> {
    const found = await findServer(
      {
        setting: vscode.workspace.getConfiguration("fillwright").get("server.path", ""),
        folders: trustedFolders(),
        path: process.env["PATH"] ?? "",
        installed: this.installed,
      },
      isExecutable,
    );
    if ("missing" in found) {
      this.log.warn(found.missing);
      this.fail(found.missing);
      this.missing.fire(found.missing);
      return;
    }
    this.log.info(`Starting ${found.command} (from ${found.from})`);
    const client = newClient(found.command, this.log, this.requests, {
      onStatus: (status) => {
        this.statuses.fire(status);
      },
      onDraft: (draft) => {
        this.drafts.fire(draft);
      },
    });
    client.onDidChangeState(({ newState }) => {
      if (newState === State.Stopped && this.client === client) this.fail(STOPPED);
    });
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      this.log.error(`${found.command} did not start`, error);
      this.fail(`${found.command} did not start; the log says why.`);
    }
  }

  private async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    this.failure = undefined;
    // a client that never started, or gave up, has nothing to stop
    if (client?.state === State.Running) await client.stop();
    await client?.dispose();
  }

  private fail(message: string): void {
    this.failure = message;
    this.statuses.fire({ state: "failed", message, fraction: null, model: null, device: null });
  }
}

const STOPPED = "The language server stopped; the log says why.";

/** The folders whose own programs may be run. */
function trustedFolders(): string[] {
  if (!vscode.workspace.isTrusted) return [];
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.filter(({ uri }) => uri.scheme === "file").map(({ uri }) => uri.fsPath);
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
