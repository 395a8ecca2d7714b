/** A status in the words and icons of the status bar. Knows nothing of the editor. */
import type { Status, StatusAnswer } from "./protocol";

export interface StatusText {
  text: string;
  tooltip: string;
  failed: boolean;
}

/** The status as the editor shows it. */
export function statusText(status: Status): StatusText {
  switch (status.state) {
    case "stopped":
      return shown("$(circle-outline)", "", status.message || "starts with the first fill");
    case "loading":
      return shown("$(loading~spin)", percent(status.fraction), "the model is being loaded");
    case "ready":
      return shown("$(sparkle)", "", ready(status));
    case "busy":
      return shown("$(loading~spin)", "", "a hole is being filled");
    case "failed":
      return { ...shown("$(warning)", "", status.message), failed: true };
  }
}

/** The title of the menu: the model, and how long its last fill took. */
export function menuTitle(status: StatusAnswer): string {
  const took = status.lastFillMs === null ? "" : `last fill ${seconds(status.lastFillMs)}`;
  return ["Fillwright", modelOf(status), took].filter((part) => part !== "").join(" · ");
}

/** While a fill is being made: why there is no suggestion yet. */
export function stillComputing({ state, lastFillMs }: StatusAnswer): string | undefined {
  if (state !== "busy") return undefined;
  const took = lastFillMs === null ? "" : `; the last fill took ${seconds(lastFillMs)}`;
  return `Still computing${took}.`;
}

function ready(status: Status): string {
  const actions = status.useForActions ? `For actions: ${status.useForActions}` : "";
  return [modelOf(status) || "ready", actions, status.memory, doubts(status), sureness(status)]
    .filter(Boolean)
    .join(". ");
}

function doubts(status: Status): string {
  const head = status.doubts === "causal" ? "causal head" : "denoiser";
  return status.doubts ? `Finds unlikely places by its ${head}` : "";
}

function sureness(status: Status): string {
  return status.calibrated === false ? "How sure it is of a fill is not calibrated" : "";
}

function modelOf({ model, device, use }: Status): string {
  const name = use ? `${use}: ` : "";
  const known = [model, device].filter((part) => part !== null).join(" on ");
  return known && name + known;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function shown(icon: string, more: string, tooltip: string): StatusText {
  const text = [icon, "Fillwright", more].filter((part) => part !== "").join(" ");
  return { text, tooltip: `Fillwright: ${tooltip}`, failed: false };
}

function percent(fraction: number | null): string {
  return fraction === null ? "" : `${Math.floor(100 * fraction)} %`;
}
