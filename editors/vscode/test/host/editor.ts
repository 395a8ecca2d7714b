/** What the tests do to the editor again and again. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { Status } from "../../src/protocol";
import { until } from "./runner";

export const EXTENSION = "fillwright.fillwright";

/** Plain text, where any fill fits, with places for every kind of hole. */
export const SOURCE = `import os

def add(a, b):
    return NotImplemented

def get_value(value):
    return${" "}

print(add(1, 2))
`;

/** Places of SOURCE: line, column, end line, end column. */
export const IN_BODY = [3, 11, 3, 11] as const;
export const RETURNED = [3, 11, 3, 25] as const;
export const LINE_END = [6, 11, 6, 11] as const;
export const PRINTED = [8, 6, 8, 15] as const;
type Place = readonly [number, number, number, number];

let files = 0;

/** Opens a new file in front, alone, and waits until the server answers for it. */
export async function open(text: string, extension = "txt"): Promise<vscode.TextEditor> {
  // a file with changes would ask what to do with them
  await vscode.workspace.saveAll();
  await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  assert(folder);
  const uri = vscode.Uri.joinPath(folder, `test-${++files}.${extension}`);
  await vscode.workspace.fs.writeFile(uri, Buffer.from(text));
  const editor = await vscode.window.showTextDocument(uri);
  await serverAnswers();
  return editor;
}

/** Puts one cursor or selection per range (line, column, end line, end column). */
export function select(editor: vscode.TextEditor, ...places: Place[]): void {
  editor.selections = places.map((place) => new vscode.Selection(...place));
}

/** Waits until the server's own commands are there. */
export async function serverAnswers(): Promise<void> {
  await until("the server answers", serverIsThere);
}

/** Whether a server runs that has declared its commands. */
export async function serverIsThere(): Promise<boolean> {
  return (await vscode.commands.getCommands(true)).includes("fillwright.fill");
}

/** Undoes once in the editor in front. */
export async function undo(): Promise<void> {
  await vscode.commands.executeCommand("undo");
}

/** Changes one of our settings for every window; undefined takes it back. */
export async function configure(key: string, value: unknown): Promise<void> {
  const settings = vscode.workspace.getConfiguration("fillwright");
  await settings.update(key, value, vscode.ConfigurationTarget.Global);
}

/** What the engine is doing, as the server says. */
export async function status(): Promise<Status> {
  return vscode.commands.executeCommand<Status>("fillwright.status");
}
