import assert from "node:assert/strict";
import { test } from "node:test";
import { coloured } from "../../src/draftColours";
import { layOut, type Piece } from "../../src/draftLayout";
import type { DraftHole } from "../../src/protocol";

function hole(
  first: number,
  last: number,
  text: string,
  ...settled: [number, number][]
): DraftHole {
  const range = { start: { line: first, character: 4 }, end: { line: last, character: 9 } };
  return { range, text, settled, unsure: [] };
}

/** What is drawn, without how sure it is. */
function texts(drawn: DraftHole): [number, string][] {
  return layOut(drawn).map(({ line, pieces }) => [line, pieces.map(({ text }) => text).join("")]);
}

function piecesOf(drawn: DraftHole, before?: DraftHole): Piece[] {
  return layOut(drawn, before).flatMap(({ pieces }) => pieces);
}

test("what is settled, what the model is not sure of, and what may change differ", () => {
  const drawn = hole(2, 2, "    return my width", [0, 13], [14, 15]);
  drawn.unsure = [[11, 13]];
  assert.deepEqual(piecesOf(drawn), [
    { text: "return ", tone: "settled" },
    { text: "my", tone: "unsure" },
    { text: " ", tone: "unsettled" },
    { text: "w", tone: "settled" },
    { text: "idth", tone: "unsettled" },
  ]);
});

test("what was settled in the draft before and is not any more is seen", () => {
  const drawn = hole(2, 2, "a + b", [0, 1]);
  assert.deepEqual(piecesOf(drawn, hole(2, 2, "a + c", [0, 1], [4, 5])), [
    { text: "a", tone: "settled" },
    { text: " + ", tone: "unsettled" },
    { text: "b", tone: "renoised" },
  ]);
});

test("each line of the draft stands after its own line, and the rest after the last", () => {
  assert.deepEqual(texts(hole(2, 3, "a\n    b\n    c", [0, 99])), [
    [2, "a"],
    [3, "b ⏎ c"],
  ]);
});

test("a draft that begins with a line end leaves the header alone", () => {
  assert.deepEqual(texts(hole(2, 3, "\n    one\n    two", [5, 8])), [[3, "one ⏎ two"]]);
});

test("a draft that is all space draws nothing", () => {
  assert.deepEqual(layOut(hole(2, 2, " \n  \n")), []);
});

test("what is too long for a line ends in an ellipsis", () => {
  const long = hole(2, 2, "a".repeat(121), [0, 50]);
  assert.deepEqual(
    piecesOf(long).map(({ text }) => text),
    ["a".repeat(50), "a".repeat(69), "…"],
  );
});

test("each piece has a stripe of its colour, as wide as it is", () => {
  const style = coloured([
    { text: "a 😀", tone: "settled" },
    { text: "b", tone: "renoised" },
  ]);
  assert(style.includes("var(--vscode-editor-foreground) 0ch 4ch"), style);
  assert(style.includes("var(--vscode-editorError-foreground) 4ch 5ch"), style);
});
