/** Where the `fillwright` command is. Knows nothing of the editor. */
import * as l10n from "@vscode/l10n";
import { homedir } from "node:os";
import * as path from "node:path";

/** Where to look, in this order. */
export interface Places {
  /** The setting `fillwright.server.path`; empty when it is not set. */
  setting: string;
  /** The workspace's folders; a virtual environment in one of them wins over `PATH`. */
  folders: readonly string[];
  /** Whether their programs may be run. */
  trusted: boolean;
  /** The environment's `PATH`. */
  path: string;
  /** The virtual environment that the extension's install button makes. */
  installed: string;
}

/** What a person can do where there is no command. */
export type Remedy = "install" | "settings" | "trust";

/** Why there is no command to start, in a sentence that names the places looked at. */
export interface Missing {
  missing: string;
  remedies: Remedy[];
  /** Whether the sentence names the setting. */
  setting: boolean;
}

export type Found = { command: string; from: string } | Missing;

/** Finds the command. Where the setting names one, no other is taken in its place. */
export async function findServer(
  places: Places,
  isExecutable: (file: string) => Promise<boolean>,
): Promise<Found> {
  if (places.setting !== "") {
    const command = expand(places.setting, places.folders);
    if (await isExecutable(command)) return { command, from: "the setting" };
    const missing = l10n.t("fillwright.server.path names {0}, which cannot be run.", command);
    return { missing, remedies: ["settings"], setting: true };
  }
  const workspace = inFolders(places.folders);
  for (const { command, from } of [...(places.trusted ? workspace : []), ...elsewhere(places)]) {
    if (await isExecutable(command)) return { command, from };
  }
  for (const { command, place } of places.trusted ? [] : workspace) {
    if (!(await isExecutable(command))) continue;
    const missing = l10n.t(
      "There is a fillwright command in {0}, but this folder is not trusted, so it is not run.",
      place,
    );
    return { missing, remedies: ["trust", "settings"], setting: false };
  }
  return { missing: notFound(workspace), remedies: ["install", "settings"], setting: true };
}

interface Candidate {
  command: string;
  place: string;
  from: string;
}

function inFolders(folders: readonly string[]): Candidate[] {
  return folders.flatMap((folder) =>
    [".venv", "venv"].map((environment) => {
      const place = path.join(folder, environment);
      return { command: inEnvironment(place), place, from: "the workspace's virtual environment" };
    }),
  );
}

function* elsewhere(places: Places): Generator<{ command: string; from: string }> {
  for (const folder of places.path.split(path.delimiter)) {
    // a relative entry would depend on the folder that is open
    if (path.isAbsolute(folder)) yield { command: path.join(folder, NAME), from: "PATH" };
  }
  yield { command: inEnvironment(places.installed), from: "the extension's own environment" };
}

function notFound(workspace: Candidate[]): string {
  const places = [
    ...workspace.map(({ place }) => place),
    l10n.t("the PATH"),
    l10n.t("the extension's own folder"),
  ];
  return l10n.t(
    "The fillwright command was not found. Looked in {0}; the setting fillwright.server.path is empty.",
    places.join(", "),
  );
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
