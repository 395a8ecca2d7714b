/** The picker of engines: it sets the user's settings, which the server follows at once. */
import * as l10n from "@vscode/l10n";
import * as vscode from "vscode";
import { ExecuteCommandRequest, type BaseLanguageClient } from "vscode-languageclient";
import { chosenLabel, sameEngine } from "./engineLabels";
import type { EngineChoice, EnginesAnswer } from "./protocol";
import type { Server } from "./server";

type Setting = "use" | "useForActions";

interface Item extends vscode.QuickPickItem {
  choose: () => Thenable<void> | Promise<void>;
}

/** Asks which engine is to fill, and for what. */
export async function chooseEngine(server: Server): Promise<void> {
  const client = await server.ready();
  if (client === undefined) return;
  const answer = await enginesOf(client);
  const another: Item = {
    label: `$(edit) ${l10n.t("Another engine for actions…")}`,
    description: chosenLabel(answer, "useForActions"),
    choose: () => pick(forActions(answer), l10n.t("Engine for actions")),
  };
  await pick([...items(answer, "use"), separator(), another], l10n.t("Engine"));
}

function forActions(answer: EnginesAnswer): Item[] {
  const same = sameEngine(answer);
  const others = answer.engines.filter(({ value }) => value !== null);
  return items({ ...answer, engines: [same, ...others] }, "useForActions");
}

function items(answer: EnginesAnswer, setting: Setting): Item[] {
  return answer.engines.map(({ value, label, detail }: EngineChoice) => ({
    label: value === answer[setting] ? `$(check) ${label}` : label,
    description: detail,
    choose: () =>
      vscode.workspace
        .getConfiguration("fillwright")
        .update(`engine.${setting}`, value ?? undefined, vscode.ConfigurationTarget.Global),
  }));
}

async function pick(choices: Item[], title: string): Promise<void> {
  await (await vscode.window.showQuickPick(choices, { title }))?.choose();
}

async function enginesOf(client: BaseLanguageClient): Promise<EnginesAnswer> {
  const params = { command: "fillwright.engines" };
  return (await client.sendRequest(ExecuteCommandRequest.type, params)) as EnginesAnswer;
}

function separator(): Item {
  const kind = vscode.QuickPickItemKind.Separator;
  return { label: "", kind, choose: () => Promise.resolve() };
}
