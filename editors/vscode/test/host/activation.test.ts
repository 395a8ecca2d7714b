import assert from "node:assert/strict";
import * as vscode from "vscode";
import { EXTENSION, open, status } from "./editor";
import { test, until } from "./runner";

test("any file activates the extension, which starts the server in the background", async () => {
  const extension = vscode.extensions.getExtension(EXTENSION);
  assert(extension);
  await open("one");
  assert.equal(extension.isActive, true);
});

test("every declared command is registered", async () => {
  const extension = vscode.extensions.getExtension(EXTENSION);
  const manifest = extension?.packageJSON as { contributes: { commands: { command: string }[] } };
  const known = new Set(await vscode.commands.getCommands(true));
  const missing = manifest.contributes.commands.filter(({ command }) => !known.has(command));
  assert.deepEqual(missing, []);
});

test("the engine gets ready", async () => {
  await open("one");
  const ready = await until("the engine is ready", async () => {
    const now = await status();
    return now.state === "ready" ? now : undefined;
  });
  assert.equal(ready.model, "fillwright-small");
});
