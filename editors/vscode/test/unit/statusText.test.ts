import assert from "node:assert/strict";
import { test } from "node:test";
import type { Status } from "../../src/protocol";
import { menuTitle, statusText, stillComputing } from "../../src/statusText";

const STATUS: Status = { state: "ready", message: "", fraction: null, model: null, device: null };

test("loading shows how much of the model is there, and never too much", () => {
  const text = (fraction: number | null) =>
    statusText({ ...STATUS, state: "loading", fraction }).text;
  assert.equal(text(0.409), "$(loading~spin) Fillwright 40 %");
  assert.equal(text(0.999), "$(loading~spin) Fillwright 99 %");
  assert.equal(text(null), "$(loading~spin) Fillwright");
});

test("ready names the model and its device, as far as they are known", () => {
  const tooltip = (more: Partial<Status>) => statusText({ ...STATUS, ...more }).tooltip;
  assert.equal(tooltip({ model: "small", device: "cpu" }), "Fillwright: small on cpu");
  assert.equal(tooltip({ model: "small" }), "Fillwright: small");
  assert.equal(tooltip({}), "Fillwright: ready");
  const named = { model: "small", device: "cpu", use: "fast" };
  assert.equal(tooltip(named), "Fillwright: fast: small on cpu");
  assert.equal(
    tooltip({ ...named, useForActions: "better" }),
    "Fillwright: fast: small on cpu. For actions: better",
  );
  const memory = "Knows 2 files of your project.";
  assert.equal(tooltip({ model: "small", memory }), `Fillwright: small. ${memory}`);
  assert.equal(
    tooltip({ model: "small", doubts: "causal" }),
    "Fillwright: small. Finds unlikely places by its causal head",
  );
  assert.equal(tooltip({ model: "small", doubts: null }), "Fillwright: small");
  assert.equal(tooltip({ model: "small", calibrated: true }), "Fillwright: small");
  assert.equal(
    tooltip({ model: "small", calibrated: false }),
    "Fillwright: small. How sure it is of a fill is not calibrated",
  );
});

test("only a failure is marked as one, with its reason", () => {
  const failed = statusText({ ...STATUS, state: "failed", message: "No memory." });
  assert.equal(failed.failed, true);
  assert.equal(failed.tooltip, "Fillwright: No memory.");
  for (const state of ["stopped", "loading", "ready", "busy"] as const) {
    assert.equal(statusText({ ...STATUS, state }).failed, false);
  }
});

test("the menu's title names the model and what its last fill took", () => {
  const answer = { ...STATUS, model: "small", device: "cpu", suppressed: [] };
  assert.equal(
    menuTitle({ ...answer, lastFillMs: 1340 }),
    "Fillwright · small on cpu · last fill 1.3 s",
  );
  assert.equal(menuTitle({ ...answer, lastFillMs: null }), "Fillwright · small on cpu");
});

test("only while a fill is made it is a reason that it takes its time", () => {
  const answer = { ...STATUS, lastFillMs: 1340, suppressed: [] };
  const busy = { ...answer, state: "busy" as const };
  assert.equal(stillComputing(busy), "Still computing; the last fill took 1.3 s.");
  assert.equal(stillComputing({ ...busy, lastFillMs: null }), "Still computing.");
  assert.equal(stillComputing(answer), undefined);
});
