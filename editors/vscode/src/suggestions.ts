/** Whether suggestions are on in a document, with what the settings say of its language. */
import * as vscode from "vscode";

type Kind = "inlineCompletion" | "completion";

/** Values of `show` that leave a kind out; the second is an older name. */
const ONLY_THE_OTHER: Record<Kind, string[]> = {
  inlineCompletion: ["popup", "popup only"],
  completion: ["ghostText", "ghost only"],
};

/** Whether the settings show suggestions of a kind in this document. */
export function isOn(document: vscode.TextDocument, kind: Kind): boolean {
  const settings = vscode.workspace.getConfiguration("fillwright", document);
  const show = settings.get<string>("show", "both");
  return settings.get<boolean>(`${kind}.enabled`, true) && !ONLY_THE_OTHER[kind].includes(show);
}

interface Section {
  inlineCompletion?: object;
  completion?: object;
}

/**
 * The settings as the server is to have them: it asks for a folder's, which know no languages, so
 * `isOn` decides here what is switched on.
 */
export function forServer(section: unknown): unknown {
  if (typeof section !== "object" || section === null) return section;
  const { inlineCompletion, completion } = section as Section;
  return {
    ...section,
    show: "both",
    inlineCompletion: { ...inlineCompletion, enabled: true },
    completion: { ...completion, enabled: true },
  };
}
