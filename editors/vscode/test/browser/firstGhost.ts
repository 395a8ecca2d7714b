/** From an open file to the first accepted ghost text, as docs/first-fill.md says it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Step } from "./steps";

export const firstGhost: Record<string, Step> = {
  "the file is open, and the server ready": async (window, { folder, file }) => {
    await window.open(folder, file);
    await window.statusIs("sparkle");
  },

  "ghost text is shown": async (window, { folder, file }) => {
    const lines = readFileSync(`${folder}/${file}`, "utf8").split("\n");
    const line = lines.findIndex((each) => each.includes("raise NotImplementedError"));
    await window.goTo(line + 1, lines[line]!.indexOf("raise") + 1);
    await window.page.keyboard.press("Shift+End");
    await window.page.keyboard.type("self.w", { delay: 120 });
    await window.ghost.first().waitFor();
    await window.shoot("first-ghost");
  },

  "it is accepted and saved": async (window, { folder, file }) => {
    await window.page.keyboard.press("Tab");
    await window.page.keyboard.press("Control+s");
    await window.until("the file is saved", () => {
      const saved = readFileSync(`${folder}/${file}`, "utf8");
      return Promise.resolve(saved.match(/self\.width = width/gu)?.length === 2);
    });
    assert(!readFileSync(`${folder}/${file}`, "utf8").includes("NotImplemented"));
  },
};
