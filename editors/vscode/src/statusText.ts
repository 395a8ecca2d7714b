/** A status in the words and icons of the status bar. Knows nothing of the editor. */
import * as l10n from "@vscode/l10n";
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
      return shown("$(circle-outline)", "", status.message || l10n.t("starts with the first fill"));
    case "loading":
      return shown(
        "$(loading~spin)",
        percent(status.fraction),
        l10n.t("the model is being loaded"),
      );
    case "ready":
      return shown("$(sparkle)", "", ready(status));
    case "busy":
      return shown("$(loading~spin)", "", l10n.t("a hole is being filled"));
    case "failed":
      return { ...shown("$(warning)", "", status.message), failed: true };
  }
}

/** The title of the menu: the model, and how long its last fill took. */
export function menuTitle(status: StatusAnswer): string {
  const { lastFillMs } = status;
  const took = lastFillMs === null ? "" : l10n.t("last fill {0}", seconds(lastFillMs));
  return ["Fillwright", modelOf(status), took].filter((part) => part !== "").join(" · ");
}

/** While a fill is being made: why there is no suggestion yet. */
export function stillComputing({ state, lastFillMs }: StatusAnswer): string | undefined {
  if (state !== "busy") return undefined;
  return lastFillMs === null
    ? l10n.t("Still computing.")
    : l10n.t("Still computing; the last fill took {0}.", seconds(lastFillMs));
}

function ready(status: Status): string {
  const actions = status.useForActions ? l10n.t("For actions: {0}", status.useForActions) : "";
  return [
    modelOf(status) || l10n.t("ready"),
    actions,
    status.memory,
    doubts(status),
    sureness(status),
  ]
    .filter(Boolean)
    .join(". ");
}

function doubts(status: Status): string {
  if (!status.doubts) return "";
  return status.doubts === "causal"
    ? l10n.t("Finds unlikely places by its causal head")
    : l10n.t("Finds unlikely places by its denoiser");
}

function sureness(status: Status): string {
  return status.calibrated === false ? l10n.t("How sure it is of a fill is not calibrated") : "";
}

function modelOf({ model, device, use }: Status): string {
  const name = use ? `${use}: ` : "";
  if (model === null) return device === null ? "" : name + device;
  return name + (device === null ? model : l10n.t("{0} on {1}", model, device));
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
