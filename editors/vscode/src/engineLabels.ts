/** What the picker of engines says. Knows nothing of the editor. */
import * as l10n from "@vscode/l10n";
import type { EngineChoice, EnginesAnswer } from "./protocol";

/** The entry that takes an engine of their own from actions. */
export function sameEngine(answer: EnginesAnswer): EngineChoice {
  return { value: null, label: l10n.t("the same"), detail: chosenLabel(answer, "use") };
}

/** The engine that a setting chooses, for people. */
export function chosenLabel(answer: EnginesAnswer, setting: "use" | "useForActions"): string {
  const value = answer[setting];
  if (value === null && setting === "useForActions") return l10n.t("the same");
  return answer.engines.find((engine) => engine.value === value)?.label ?? l10n.t("embedded");
}
