import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as l10n from "@vscode/l10n";
import { findServer } from "../../src/findServer";
import { statusText } from "../../src/statusText";

test("what the parts say is the translation's, with the same values in it", async () => {
  const bundle = JSON.parse(readFileSync("l10n/bundle.l10n.json", "utf8")) as object;
  const marked = Object.keys(bundle).map((text) => [text, `«${text}»`]);
  l10n.config({ contents: Object.fromEntries(marked) as Record<string, string> });
  const status = { message: "", fraction: null, model: "small", device: "cpu" };
  assert.equal(statusText({ ...status, state: "ready" }).tooltip, "Fillwright: «small on cpu»");
  assert.equal(
    statusText({ ...status, state: "busy" }).tooltip,
    "Fillwright: «a hole is being filled»",
  );
  const places = { setting: "/mine", folders: [], trusted: true, path: "", installed: "/own" };
  const found = await findServer(places, () => Promise.resolve(false));
  assert("missing" in found);
  assert.equal(found.missing, "«fillwright.server.path names /mine, which cannot be run.»");
});
