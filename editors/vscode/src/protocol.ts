/** What the extension and the language server say to each other beyond LSP. */
import type { Range, WorkspaceEdit } from "vscode-languageclient";

/** The notification `fillwright/status`: what the engine is doing. */
export interface Status {
  state: "stopped" | "loading" | "ready" | "busy" | "failed";
  /** For people; why it failed. */
  message: string;
  /** How much of the model is loaded, 0 to 1. */
  fraction: number | null;
  model: string | null;
  device: string | null;
  /** The model does what it is told in words; null while nobody can say. */
  instructions?: boolean | null;
  /** What the model ranks tokens by to find unlikely places; null where it finds none. */
  doubts?: "causal" | "denoised" | null;
  /** How sure it is was held against what was right; null where it never says. */
  calibrated?: boolean | null;
  /** For people: how much of the project is remembered; empty for nothing. */
  memory?: string;
  /** The engine that the settings choose by name; null for what they name otherwise. */
  use?: string | null;
  /** The same for what is asked for by hand; null for the same one. */
  useForActions?: string | null;
}

/** One engine to choose from: `value` is what the setting becomes. */
export interface EngineChoice {
  value: string | null;
  label: string;
  detail: string;
}

/** What `fillwright.engines` answers. */
export interface EnginesAnswer {
  engines: EngineChoice[];
  use: string | null;
  useForActions: string | null;
}

/** A place to fill: the argument of the server's commands. */
export interface Target {
  uri: string;
  what: "body" | "selection" | "line" | "docstring" | "stubsInClass" | "stubsInFile";
  range: Range;
  version?: number;
  instruction?: string;
  /** There is code already, which the user should see beside the new one. */
  rewrites?: boolean;
  /** Which share of a selection is renoised; without it, it is written again. */
  strength?: number;
  /** Another server complains of the place. */
  repairs?: boolean;
}

/** What `fillwright.fill` answers; the server has applied the edit itself. */
export interface FillAnswer {
  applied: boolean;
  reason: string | null;
}

/** What `fillwright.check` answers; null where the user cancelled. */
export interface CheckAnswer {
  places: number | null;
}

/** What `fillwright.preview` answers; nothing is applied. */
export interface PreviewAnswer {
  edit: WorkspaceEdit | null;
  reason: string | null;
  /** The edit replaces code that nobody selected. */
  rewrites: boolean;
  /** Whether the model took the instruction, where there was one. */
  instructed?: boolean;
  /** What to ask for where a selection is to change less than it does now, or more. */
  less?: Target;
  more?: Target;
}

/** What `fillwright.status` answers: the status, and why places got no suggestion lately. */
export interface StatusAnswer extends Status {
  /** How long the last fill took; null before the first. */
  lastFillMs: number | null;
  /** For how many more minutes nothing is suggested by itself. */
  snoozed?: number;
  suppressed: { uri: string; kind: string; code: string; message: string }[];
}

/** The notification `fillwright/draft`: what the holes hold after a denoise step. */
export interface Draft {
  uri: string;
  version: number;
  kind: "ghost" | "popup" | "edit";
  step: number;
  stepsLeft: number;
  holes: DraftHole[];
}

export interface DraftHole {
  range: Range;
  /** The text so far, with LF line ends. */
  text: string;
  /** Half-open ranges of the text, in UTF-16 units, that are settled. */
  settled: [number, number][];
  /** Of these the tokens that the model is not sure of. */
  unsure: [number, number][];
}
