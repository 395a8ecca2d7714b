/** Where the text of a draft stands on the screen, and how sure it is. Knows nothing of the editor. */
import type { DraftHole } from "./protocol";

/** `renoised`: it was settled in the draft before, and is not any more. */
export type Tone = "settled" | "unsure" | "unsettled" | "renoised";

export interface Piece {
  text: string;
  tone: Tone;
}

/** Draft text that follows a document line's own text. */
export interface DraftLine {
  line: number;
  pieces: Piece[];
}

const LINE_END: Piece = { text: " ⏎ ", tone: "unsettled" };
const ELLIPSIS: Piece = { text: "…", tone: "unsettled" };
const MOST = 120;

/**
 * The text of one hole; `before` is the hole in the draft before, if there was one. Line i of the
 * draft goes after line i of the hole; what has no line of its own goes after the last one.
 */
export function layOut(hole: DraftHole, before?: DraftHole): DraftLine[] {
  const first = hole.range.start.line;
  const last = hole.range.end.line;
  const after = new Map<number, Piece[]>();
  let start = 0;
  hole.text.split("\n").forEach((content, index) => {
    const text = content.trim();
    const place = start + content.indexOf(text);
    start += content.length + 1;
    if (text === "") return;
    const line = Math.min(first + index, last);
    const above = after.get(line);
    const pieces = piecesOf(text, place, hole, before);
    after.set(line, above === undefined ? pieces : [...above, LINE_END, ...pieces]);
  });
  return [...after].map(([line, pieces]) => ({ line, pieces: shortened(pieces) }));
}

/** The text, which stands at `place` of the hole's, cut where its tone changes. */
function piecesOf(text: string, place: number, hole: DraftHole, before?: DraftHole): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at < text.length; at++) {
    const tone = toneOf(place + at, hole, before);
    const piece = pieces.at(-1);
    if (piece?.tone === tone) piece.text += text.charAt(at);
    else pieces.push({ text: text.charAt(at), tone });
  }
  return pieces;
}

function toneOf(place: number, hole: DraftHole, before?: DraftHole): Tone {
  const isIn = (ranges: [number, number][]) =>
    ranges.some(([start, end]) => start <= place && place < end);
  if (isIn(hole.settled)) return isIn(hole.unsure) ? "unsure" : "settled";
  return before !== undefined && isIn(before.settled) ? "renoised" : "unsettled";
}

function shortened(pieces: Piece[]): Piece[] {
  let left = MOST;
  if (pieces.reduce((length, { text }) => length + text.length, 0) <= left) return pieces;
  left -= ELLIPSIS.text.length;
  const kept = pieces.map(({ text, tone }) => {
    const piece = { text: text.slice(0, left), tone };
    left -= piece.text.length;
    return piece;
  });
  return [...kept.filter(({ text }) => text !== ""), ELLIPSIS];
}
