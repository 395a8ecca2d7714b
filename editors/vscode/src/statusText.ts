/** A status in the words and icons of the status bar. Knows nothing of the editor. */
import type { Status } from "./protocol";

export interface StatusText {
  text: string;
  tooltip: string;
  failed: boolean;
}

/** The status as the editor shows it. */
export function statusText(status: Status): StatusText {
  const model = [status.model, status.device].filter((part) => part !== null).join(" on ");
  switch (status.state) {
    case "stopped":
      return shown("$(circle-outline)", "", status.message || "starts with the first fill");
    case "loading":
      return shown("$(loading~spin)", percent(status.fraction), "the model is being loaded");
    case "ready":
      return shown("$(sparkle)", "", model || "ready");
    case "busy":
      return shown("$(loading~spin)", "", "a hole is being filled");
    case "failed":
      return { ...shown("$(warning)", "", status.message), failed: true };
  }
}

function shown(icon: string, more: string, tooltip: string): StatusText {
  const text = [icon, "Fillwright", more].filter((part) => part !== "").join(" ");
  return { text, tooltip: `Fillwright: ${tooltip}`, failed: false };
}

function percent(fraction: number | null): string {
  return fraction === null ? "" : `${Math.floor(100 * fraction)} %`;
}
