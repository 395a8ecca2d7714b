import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import * as vscode from "vscode";
import { RETURNED, SOURCE, configure, open, select, serverAnswers, serverIsThere } from "./editor";
import { test, until } from "./runner";

/** The language servers that this extension host has started. */
function servers(): number[] {
  const processes = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return processes.filter((pid) => {
    try {
      const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      return Number(parent) === process.pid && words.includes("serve");
    } catch {
      return false; // it is gone
    }
  });
}

async function fillsALine(): Promise<void> {
  const editor = await open(SOURCE);
  select(editor, RETURNED);
  const answer = await vscode.commands.executeCommand<{ applied: boolean }>(
    "fillwright.fillCursors",
  );
  assert.equal(answer.applied, true);
}

test("there is one server, found in the workspace's virtual environment", () => {
  const [pid, ...more] = servers();
  assert(pid);
  assert.deepEqual(more, []);
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";
  const words = readFileSync(`/proc/${pid}/cmdline`, "utf8");
  assert(words.includes(`${folder}/.venv/bin/fillwright`), words);
});

test("a server that crashed while someone types is started again", async () => {
  const [before] = servers();
  assert(before);
  const editor = await open(SOURCE);
  process.kill(before, "SIGKILL");
  await until("another server", async () => {
    // each change is written to the server, the first ones to one that is gone
    await editor.edit((edit) => {
      edit.insert(new vscode.Position(0, 0), "#");
    });
    return servers().some((pid) => pid !== before);
  });
  await serverAnswers();
  await fillsALine();
});

test("restarting twice at once leaves one server", async () => {
  const before = servers();
  await Promise.all([
    vscode.commands.executeCommand("fillwright.restartServer"),
    vscode.commands.executeCommand("fillwright.restartServer"),
  ]);
  await until("one other server", () => servers().length === 1 && servers()[0] !== before[0]);
  await fillsALine();
});

test("a path that names no server is a failure, and no other server is taken", async () => {
  await configure("server.path", "/nowhere/fillwright");
  await until("no server", async () => !(await serverIsThere()) && servers().length === 0);
  await configure("server.path", undefined);
  await serverAnswers();
  await fillsALine();
});

test("a server that was not there is looked for again when any setting changes", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "fw-"));
  const late = path.join(folder, "fillwright");
  await configure("server.path", late);
  await until("no server", async () => !(await serverIsThere()) && servers().length === 0);
  const workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";
  symlinkSync(path.join(workspace, ".venv/bin/fillwright"), late);
  // as settings do that reach a window on another machine late
  await configure("fill.seed", 1);
  await serverAnswers();
  await fillsALine();
  await configure("fill.seed", undefined);
  await configure("server.path", undefined);
  rmSync(folder, { recursive: true });
  await serverAnswers();
  await fillsALine();
});
