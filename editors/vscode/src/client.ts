/** How the language client is set up: which documents, and what is ours beyond LSP. */
import { createInterface } from "node:readline";
import * as vscode from "vscode";
import {
  ErrorAction,
  type ErrorHandler,
  LanguageClient,
  type StaticFeature,
} from "vscode-languageclient/node";
import { anyDocument } from "./documents";
import type { FillRequests } from "./fillRequests";
import { withFormatting } from "./formatting";
import type { Draft, Status, Target } from "./protocol";
import { FILL_OR_SHOW } from "./rewrite";
import { forServer, isOn } from "./suggestions";

export interface Listeners {
  onStatus: (status: Status) => void;
  onDraft: (draft: Draft) => void;
}

/** A client for the server that `command` is; not started yet. */
export function newClient(
  command: string,
  log: vscode.LogOutputChannel,
  requests: FillRequests,
  listeners: Listeners,
): LanguageClient {
  const env = { ...process.env, FILLWRIGHT_LOG: logLevel(log) };
  const server = { command, args: ["serve"], options: { env } };
  // the library gives up a server whose death it notices by a write, and would never start it again
  const onError: ErrorHandler["error"] = (error, message, count) =>
    isGone(error)
      ? { action: ErrorAction.Continue, handled: true }
      : byDefault.error(error, message, count);
  const client = new LanguageClient("fillwright", "Fillwright", server, {
    documentSelector: anyDocument(),
    outputChannel: log,
    errorHandler: { error: onError, closed: () => byDefault.closed() },
    stdioOptions: {
      stdout: () => undefined,
      stderr: (stream) => {
        copyLines(stream, log);
      },
    },
    middleware: {
      provideInlineCompletionItems: (document, position, context, token, next) =>
        isOn(document, "inlineCompletion") ? next(document, position, context, token) : undefined,
      provideCompletionItem: (document, position, context, token, next) =>
        isOn(document, "completion") ? next(document, position, context, token) : undefined,
      workspace: {
        configuration: async (params, token, next) => {
          const sections: unknown = await next(params, token);
          return Array.isArray(sections) ? sections.map(forServer) : [];
        },
      },
      // code actions come this way: with progress and cancel, which the client would not show
      executeCommand: (name, args: unknown[], next) => {
        if (name !== "fillwright.fill") return next(name, args) as unknown;
        const targets = args as Target[];
        return targets.some(isSeenFirst)
          ? vscode.commands.executeCommand(FILL_OR_SHOW, targets)
          : requests.fill(client, targets);
      },
      // the extension has an action of its own for a selection
      provideCodeActions: async (document, range, context, token, next) =>
        (await next(document, range, context, token))?.filter((action) => !isSelection(action)),
      sendRequest: (type, params, token, next) =>
        next(type, withFormatting(typeof type === "string" ? type : type.method, params), token),
    },
  });
  client.registerFeature(SHOWS_REWRITES);
  const byDefault: ErrorHandler = client.createDefaultErrorHandler();
  client.onNotification("fillwright/status", listeners.onStatus);
  client.onNotification("fillwright/draft", listeners.onDraft);
  return client;
}

/** Tells the server that rewrites are shown here before they are applied, so that VS Code need not ask again. */
const SHOWS_REWRITES: StaticFeature = {
  fillClientCapabilities: (capabilities) => {
    capabilities.experimental = {
      ...(capabilities.experimental as object | undefined),
      fillwright: { showsRewrites: true },
    };
  },
  initialize: () => undefined,
  getState: () => ({ kind: "static" }),
  clear: () => undefined,
};

/** Whether the user should see what a fill would replace: code, not the rest of a line. */
function isSeenFirst({ what, rewrites }: Target): boolean {
  return rewrites === true || what === "selection";
}

function isSelection(action: vscode.Command | vscode.CodeAction): boolean {
  const command = typeof action.command === "string" ? undefined : action.command;
  const [target] = (command?.arguments ?? []) as Partial<Target>[];
  const { what, instruction, strength } = target ?? {};
  return what === "selection" && instruction === undefined && strength === undefined;
}

/** Whether a write met the end of the server, which `closed` is told of too. */
function isGone(error: Error): boolean {
  const codes = ["EPIPE", "ECONNRESET", "ERR_STREAM_DESTROYED"];
  return "code" in error && codes.includes(String(error.code));
}

/** How much the server is to say: no more than its channel shows. */
function logLevel(log: vscode.LogOutputChannel): string {
  switch (log.logLevel) {
    case vscode.LogLevel.Trace:
    case vscode.LogLevel.Debug:
      return "debug";
    case vscode.LogLevel.Info:
      return "info";
    default:
      return "warning";
  }
}

/** Takes the server's log into ours, with its levels. */
function copyLines(stream: NodeJS.ReadableStream, log: vscode.LogOutputChannel): void {
  createInterface(stream).on("line", (line) => {
    const [level = "", ...words] = line.split(" ");
    const text = words.join(" ");
    if (level === "DEBUG") log.debug(text);
    else if (level === "INFO") log.info(text);
    else if (level === "WARNING") log.warn(text);
    else log.error(line);
  });
}
