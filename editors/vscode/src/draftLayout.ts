/** Where the text of a draft stands on the screen. Knows nothing of the editor. */
import type { DraftHole } from "./protocol";

/** Draft text that follows a document line's own text. */
export interface DraftLine {
  line: number;
  text: string;
}

const UNSETTLED = "·";
const LINE_END = " ⏎ ";
const MOST = 120;

/**
 * The text of one hole, with a mark for each character that is not settled. Line i of the draft
 * goes after line i of the hole; what has no line of its own goes after the last one.
 */
export function layOut(hole: DraftHole): DraftLine[] {
  const first = hole.range.start.line;
  const last = hole.range.end.line;
  const after = new Map<number, string[]>();
  masked(hole)
    .split("\n")
    .forEach((content, index) => {
      if (content.trim() === "") return;
      const line = Math.min(first + index, last);
      after.set(line, [...(after.get(line) ?? []), content.trim()]);
    });
  return [...after].map(([line, parts]) => ({ line, text: shortened(parts.join(LINE_END)) }));
}

/** White space stays, so that the shape of the draft can be seen before its words. */
function masked({ text, settled }: DraftHole): string {
  const isSettled = (place: number) =>
    settled.some(([start, end]) => start <= place && place < end);
  return text.replace(/\S/g, (character, place: number) =>
    isSettled(place) ? character : UNSETTLED,
  );
}

function shortened(text: string): string {
  return text.length <= MOST ? text : `${text.slice(0, MOST - 1)}…`;
}
