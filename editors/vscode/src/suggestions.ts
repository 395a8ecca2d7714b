/** Whether suggestions are on in a document, with what the settings say of its language. */
import * as vscode from "vscode";

type Kind = "inlineCompletion" | "completion";

/** Whether the settings show suggestions of a kind in this document. */
export function isOn(document: vscode.TextDocument, kind: Kind): boolean {
  const settings = vscode.workspace.getConfiguration("fillwright", document);
  const other = kind === "completion" ? "ghost only" : "popup only";
  return settings.get<boolean>(`${kind}.enabled`, true) && settings.get<string>("show") !== other;
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
