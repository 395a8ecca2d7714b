/** How an editor indents, said with every request that makes a fill, as Copilot's clients do. */
import * as vscode from "vscode";

const REQUESTS = [
  "textDocument/inlineCompletion",
  "textDocument/completion",
  "textDocument/codeAction",
];
const COMMANDS = ["fillwright.fill", "fillwright.preview"];

interface Params {
  textDocument?: { uri: string };
  command?: string;
  arguments?: { uri?: string }[];
}

/** The parameters of a request with the indentation of the editors that show its documents. */
export function withFormatting<P>(method: string, params: P): P {
  const { textDocument, command, arguments: places } = (params ?? {}) as Params;
  if (textDocument !== undefined && REQUESTS.includes(method))
    return { ...params, ...formattingOf(textDocument.uri) };
  if (places !== undefined && COMMANDS.includes(command ?? ""))
    return {
      ...params,
      arguments: places.map((place) => ({ ...place, ...formattingOf(place.uri) })),
    };
  return params;
}

function formattingOf(uri: string | undefined): object {
  const editor = vscode.window.visibleTextEditors.find(
    ({ document }) => document.uri.toString() === uri,
  );
  if (editor === undefined) return {};
  const { tabSize, insertSpaces } = editor.options;
  return { formattingOptions: { tabSize: Number(tabSize), insertSpaces: insertSpaces === true } };
}
