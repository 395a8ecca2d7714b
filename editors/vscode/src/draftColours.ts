/** The colours of a draft's pieces. VS Code gives a decoration one colour only. */
import type { Piece, Tone } from "./draftLayout";

const COLOURS: Record<Tone, string> = {
  settled: "editor-foreground",
  unsure: "editorWarning-foreground",
  unsettled: "editorGhostText-foreground",
  renoised: "editorError-foreground",
};

/**
 * Style that draws a text of these pieces each in the theme's colour: the value of a decoration's
 * `textDecoration`, which reaches the style sheet as it stands. Stripes, as wide as the pieces in a
 * font whose characters are equally wide, are seen through the letters.
 */
export function coloured(pieces: Piece[]): string {
  let end = 0;
  const stripes = pieces.map(({ text, tone }) => {
    const start = end;
    end += text.length;
    return [`var(--vscode-${COLOURS[tone]})`, `${start}ch`, `${end}ch`].join(" ");
  });
  return [
    "none",
    `background: linear-gradient(90deg, ${stripes.join(", ")})`,
    "background-clip: text",
    "-webkit-background-clip: text",
    "color: transparent",
  ].join("; ");
}
