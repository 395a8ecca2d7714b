import assert from "node:assert/strict";
import { test } from "node:test";
import { withEdits } from "../../src/textEdits";

test("edits count in the text as it was, in any order", () => {
  const edits = [
    { start: 8, end: 13, text: "three" },
    { start: 0, end: 3, text: "2" },
    { start: 3, end: 3, text: "!" },
  ];
  assert.equal(withEdits("one and other", edits), "2! and three");
  assert.equal(withEdits("one", []), "one");
});
