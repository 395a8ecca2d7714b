/** The one language server of this window: found, started, stopped and restarted, in turn. */
import { access, constants, stat } from "node:fs/promises";
import * as l10n from "@vscode/l10n";
import * as vscode from "vscode";
import { State, type BaseLanguageClient } from "vscode-languageclient";
import { newClient } from "./client";
import type { FillRequests } from "./fillRequests";
import { findServer, type Missing } from "./findServer";
import type { Draft, Status } from "./protocol";

/** Why there is no server. */
export interface Failure {
  message: string;
  /** Where there is none to start: what a person can do. */
  missing?: Missing;
  /** Someone asked for something that needs the server. */
  asked: boolean;
}

export class Server implements vscode.Disposable {
  private client: BaseLanguageClient | undefined;
  private failure: Omit<Failure, "asked"> | undefined;
  private turn: Promise<void> = Promise.resolve();
  private readonly statuses = new vscode.EventEmitter<Status>();
  private readonly drafts = new vscode.EventEmitter<Draft>();
  private readonly failures = new vscode.EventEmitter<Failure>();

  /** What the engine is doing, or why there is no server. */
  readonly onStatus = this.statuses.event;
  readonly onDraft = this.drafts.event;
  /** There is no server to start, or something was asked of a server that does not run. */
  readonly onFailure = this.failures.event;

  /** `installed` is the virtual environment that the install button makes. */
  constructor(
    private readonly log: vscode.LogOutputChannel,
    private readonly requests: FillRequests,
    private readonly installed: string,
  ) {}

  /** The client of a server that answers; undefined when there is none, and the user is told why. */
  async ready(): Promise<BaseLanguageClient | undefined> {
    await this.lookAgain();
    const client = await this.running();
    if (client === undefined) {
      const failure = this.failure ?? { message: l10n.t("The language server is not running.") };
      this.failures.fire({ ...failure, asked: true });
    }
    return client;
  }

  /** Starts the server if there was none to start so far: it may be there by now. */
  async lookAgain(): Promise<void> {
    await this.turn;
    if (this.failure?.missing !== undefined) await this.restart();
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
    for (const emitter of [this.statuses, this.drafts, this.failures]) emitter.dispose();
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    this.turn = this.turn.then(work);
    return this.turn;
  }

  private async start(): Promise<void> {
    const found = await findServer(
      {
        setting: vscode.workspace.getConfiguration("fillwright").get("server.path", ""),
        folders: localFolders(),
        trusted: vscode.workspace.isTrusted,
        path: process.env["PATH"] ?? "",
        installed: this.installed,
      },
      isExecutable,
    );
    if ("missing" in found) {
      this.log.warn(found.missing);
      this.fail(found.missing, found);
      this.failures.fire({ message: found.missing, missing: found, asked: false });
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
      if (newState === State.Stopped && this.client === client)
        this.fail(l10n.t("The language server stopped; the log says why."));
    });
    this.client = client;
    try {
      await client.start();
      void vscode.commands.executeCommand("setContext", RUNNING, true);
    } catch (error) {
      this.log.error(`${found.command} did not start`, error);
      this.fail(l10n.t("{0} did not start; the log says why.", found.command));
    }
  }

  private async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    this.failure = undefined;
    void vscode.commands.executeCommand("setContext", RUNNING, false);
    // a client that never started, or gave up, has nothing to stop
    if (client?.state === State.Running) await client.stop();
    await client?.dispose();
  }

  private fail(message: string, missing?: Missing): void {
    void vscode.commands.executeCommand("setContext", RUNNING, false);
    this.failure = missing === undefined ? { message } : { message, missing };
    this.statuses.fire({ state: "failed", message, fraction: null, model: null, device: null });
  }
}

/** Set while there is a server, for the walkthrough and the palette. */
const RUNNING = "fillwright.running";

/** The workspace's folders on this machine. */
function localFolders(): string[] {
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
