/** Somebody types in a real VS Code: suggestions come in pauses, and only where the model is sure. */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import * as vscode from "vscode";
import type { StatusAnswer } from "../../src/protocol";
import { configure, open } from "./editor";
import { test, until } from "./runner";

const HEADER = "def start(name):";
const SURE = "return None if name is None else ";
/** What could go on in many ways, up to its last key. */
const UNSURE = ["password =", "shelf.books.append(", "for item in", "from my_own_module import"];

const TOO_LATE = ["superseded", "stale", "slow"];

async function type(text: string, interval_ms = 0): Promise<void> {
  for (const key of text) {
    await vscode.commands.executeCommand("type", { text: key });
    await pause(interval_ms);
  }
}

/** Why no ghost text was shown in a document lately. */
async function reasons(uri: vscode.Uri): Promise<string[]> {
  const { suppressed } = await vscode.commands.executeCommand<StatusAnswer>("fillwright.status");
  return suppressed
    .filter((one) => one.uri === uri.toString() && one.kind === "ghost")
    .map((one) => one.code);
}

/** Accepts what is shown, if anything is. */
async function commit(): Promise<void> {
  await vscode.commands.executeCommand("editor.action.inlineSuggest.commit");
}

/** Accepts what comes; where nothing does, the failure has the server's reasons. */
async function accept(document: vscode.TextDocument): Promise<void> {
  const before = document.getText();
  const accepted = async () => {
    await commit();
    return document.getText() !== before;
  };
  await until("ghost text is there and committed", accepted).catch(async (error: unknown) => {
    throw new Error(`${String(error)} (${(await reasons(document.uri)).join()})`);
  });
}

for (const interval_ms of [30, 100, 200]) {
  test(`after typing over line ends with ${interval_ms} ms a key a suggestion comes, and nothing is lost`, async () => {
    const { document } = await open("", "py");
    await type(`${HEADER}\n${SURE}`, interval_ms);
    const typed = document.getText();
    assert.equal(typed.replace(/\n +/, "\n"), `${HEADER}\n${SURE}`);
    await accept(document);
    assert(document.getText().startsWith(typed), document.getText());
  });
}

test("what the model is unsure of is shown by hand only", async () => {
  await configure("eagerness", "quiet");
  const outcomes: string[] = [];
  for (const line of UNSURE) {
    const { document } = await open("", "py");
    // in one change: what is said of its beginning does not count
    await vscode.commands.executeCommand("type", { text: `${line} ` });
    const typed = document.getText();
    const outcome = await until("an answer", async () => {
      await commit();
      if (document.getText() !== typed) return "shown";
      return (await reasons(document.uri)).find((code) => !TOO_LATE.includes(code));
    });
    outcomes.push(outcome);
    if (outcome !== "unsure") continue;
    await commit();
    assert.equal(document.getText(), typed);
    await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
    await accept(document);
    break;
  }
  assert.equal(outcomes.at(-1), "unsure", outcomes.join());
  await configure("eagerness", "eager");
});
