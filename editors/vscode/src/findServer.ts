/** Where the `fillwright` command is. Knows nothing of the editor. */
import { homedir } from "node:os";
import * as path from "node:path";

/** Where to look, in this order. */
export interface Places {
  /** The setting `fillwright.server.path`; empty when it is not set. */
  setting: string;
  /** Folders of a trusted workspace; a virtual environment in one of them wins over `PATH`. */
  folders: readonly string[];
  /** The environment's `PATH`. */
  path: string;
  /** The virtual environment that the extension's install button makes. */
  installed: string;
}

/** A command to start, or the sentence that says why there is none. */
export type Found = { command: string; from: string } | { missing: string };

/** Finds the command. Where the setting names one, no other is taken in its place. */
export async function findServer(
  places: Places,
  isExecutable: (file: string) => Promise<boolean>,
): Promise<Found> {
  if (places.setting !== "") {
    const command = expand(places.setting, places.folders);
    if (await isExecutable(command)) return { command, from: "the setting" };
    return { missing: `fillwright.server.path names ${command}, which cannot be run.` };
  }
  for (const { command, from } of candidates(places)) {
    if (await isExecutable(command)) return { command, from };
  }
  return { missing: "The fillwright command was not found." };
}

function* candidates(places: Places): Generator<{ command: string; from: string }> {
  for (const folder of places.folders) {
    for (const environment of [".venv", "venv"]) {
      yield {
        command: inEnvironment(path.join(folder, environment)),
        from: "the workspace's virtual environment",
      };
    }
  }
  for (const folder of places.path.split(path.delimiter)) {
    // a relative entry would depend on the folder that is open
    if (path.isAbsolute(folder)) yield { command: path.join(folder, NAME), from: "PATH" };
  }
  yield { command: inEnvironment(places.installed), from: "the extension's own environment" };
}

const WINDOWS = process.platform === "win32";
const NAME = WINDOWS ? "fillwright.exe" : "fillwright";

function inEnvironment(environment: string): string {
  return path.join(environment, WINDOWS ? "Scripts" : "bin", NAME);
}

function expand(setting: string, folders: readonly string[]): string {
  const absolute = setting
    .replace(/^~(?=$|[/\\])/, homedir())
    .replaceAll("${workspaceFolder}", folders[0] ?? "");
  return path.normalize(absolute);
}
