/** Runs inside the extension host of a real VS Code, as a suite of @vscode/test-electron would. */
import * as vscode from "vscode";
import { runTests } from "./runner";
import "./activation.test";
import "./check.test";
import "./completion.test";
import "./engines.test";
import "./fill.test";
import "./rewrite.test";
import "./settings.test";
import "./typing.test";
import "./serverLife.test";

export async function run(): Promise<void> {
  // the page that started the suite reads the console
  const say = (line: string) => {
    console.log(line);
  };
  say(`VS Code ${vscode.version}, node ${process.version}`);
  await runTests(say);
}
