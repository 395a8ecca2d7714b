import assert from "node:assert/strict";
import { test } from "node:test";
import type { EnginesAnswer } from "../../src/protocol";
import { chosenLabel, sameEngine } from "../../src/engineLabels";

const ANSWER: EnginesAnswer = {
  engines: [
    { value: "embedded", label: "embedded", detail: "the small model" },
    { value: "/models/mine", label: "mine", detail: "/models/mine" },
  ],
  use: null,
  useForActions: null,
};

test("the engine that is chosen is named as in the list", () => {
  assert.equal(chosenLabel(ANSWER, "use"), "embedded");
  assert.equal(chosenLabel({ ...ANSWER, use: "/models/mine" }, "use"), "mine");
});

test("actions have the same engine until they have one of their own", () => {
  assert.equal(chosenLabel(ANSWER, "useForActions"), "the same");
  assert.equal(chosenLabel({ ...ANSWER, useForActions: "embedded" }, "useForActions"), "embedded");
  const same = sameEngine({ ...ANSWER, use: "/models/mine" });
  assert.deepEqual(same, { value: null, label: "the same", detail: "mine" });
});
