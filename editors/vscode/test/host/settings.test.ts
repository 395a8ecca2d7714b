import assert from "node:assert/strict";
import * as vscode from "vscode";
import { LINE_END, SOURCE, configure, open } from "./editor";
import { test, until } from "./runner";

async function popupItems(document: vscode.TextDocument): Promise<number> {
  const list = await vscode.commands.executeCommand<vscode.CompletionList>(
    "vscode.executeCompletionItemProvider",
    document.uri,
    new vscode.Position(LINE_END[0], LINE_END[1]),
  );
  return list.items.filter(({ detail }) => detail === "Fillwright").length;
}

test("a setting reaches the server that runs", async () => {
  const { document } = await open(SOURCE);
  await until("an item", async () => (await popupItems(document)) > 0);
  await configure("completion.enabled", false);
  await until("no item", async () => (await popupItems(document)) === 0);
  await configure("completion.enabled", undefined);
  await until("an item again", async () => (await popupItems(document)) > 0);
});

test("a language may have a setting of its own", async () => {
  const { document } = await open(SOURCE);
  const update = (language: string, value: boolean | undefined) =>
    vscode.workspace
      .getConfiguration("fillwright", { languageId: language })
      .update("completion.enabled", value, vscode.ConfigurationTarget.Global, true);
  await update("plaintext", false);
  await until("no item", async () => (await popupItems(document)) === 0);
  await configure("completion.enabled", false);
  await update("plaintext", true);
  await until("an item", async () => (await popupItems(document)) > 0);
  await configure("completion.enabled", undefined);
  await update("plaintext", undefined);
});

test("ghost text is turned off and on", async () => {
  const isOn = () =>
    vscode.workspace.getConfiguration("fillwright").get<boolean>("inlineCompletion.enabled");
  await vscode.commands.executeCommand("fillwright.toggleGhostText");
  assert.equal(isOn(), false);
  await vscode.commands.executeCommand("fillwright.toggleGhostText");
  assert.equal(isOn(), true);
  await configure("inlineCompletion.enabled", undefined);
});
