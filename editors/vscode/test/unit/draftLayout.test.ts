import assert from "node:assert/strict";
import { test } from "node:test";
import { layOut, type DraftLine } from "../../src/draftLayout";

/** What is drawn for a hole over the lines `first` to `last`. */
function drawn(
  first: number,
  last: number,
  text: string,
  ...settled: [number, number][]
): DraftLine[] {
  const range = { start: { line: first, character: 4 }, end: { line: last, character: 9 } };
  return layOut({ range, text, settled });
}

test("what is not settled is a mark, but white space stays", () => {
  assert.deepEqual(drawn(2, 2, "return my width", [0, 6], [10, 11]), [
    { line: 2, text: "return ·· w····" },
  ]);
  assert.deepEqual(drawn(2, 2, "abc"), [{ line: 2, text: "···" }]);
});

test("each line of the draft stands after its own line, and the rest after the last", () => {
  assert.deepEqual(drawn(2, 3, "a\n    b\n    c", [0, 99]), [
    { line: 2, text: "a" },
    { line: 3, text: "b ⏎ c" },
  ]);
});

test("a draft that begins with a line end leaves the header alone", () => {
  assert.deepEqual(drawn(2, 3, "\n    one\n    two", [5, 8]), [{ line: 3, text: "one ⏎ ···" }]);
});

test("a draft that is all space draws nothing", () => {
  assert.deepEqual(drawn(2, 2, " \n  \n"), []);
});

test("what is too long for a line ends in an ellipsis", () => {
  const [line] = drawn(2, 2, "a".repeat(121), [0, 121]);
  assert.equal(line?.text, `${"a".repeat(119)}…`);
});
