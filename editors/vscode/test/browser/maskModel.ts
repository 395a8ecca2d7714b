/** The small mask model that was taught, used as a person does: it has no causal head. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { type DraftWatch, watchDrafts } from "./drafts";
import { SHELF, place } from "./shelf";
import type { Step } from "./steps";
import type { Window } from "./window";

export const maskModel: Record<string, Step> = {
  "the status bar names it": async (window, { folder, file }) => {
    writeFileSync(`${folder}/${file}`, SHELF);
    await window.open(folder, file);
    await window.page.keyboard.press("Control+b");
    await window.statusIs("sparkle");
    const said = () => window.status.locator("a").first().getAttribute("aria-label");
    await window.until("its name", async () => (await said())?.includes("small-masked") === true);
  },

  "Escape ends a fill that is in view": async (window) => {
    const drafts = await fillBody(window);
    await window.page.keyboard.press("Escape");
    await window.until("no draft is left", async () => (await drafts.now()) === "");
    await window.statusIs("sparkle");
    assert((await window.text()).includes("NotImplemented"));
  },

  "the rest of a line is filled": async (window) => {
    const [line, column] = place("        return", "end");
    await window.goTo(line, column);
    await window.page.keyboard.press("Alt+Shift+\\");
    await window.until("the fill", async () =>
      / {8}return (?!f"Shelf)\S/u.test(await window.text()),
    );
    await window.statusIs("sparkle");
  },

  "the quick fix fills a body, with drafts meanwhile": async (window) => {
    const drafts = await fillBody(window);
    await window.until("the fill", async () => !(await window.text()).includes("NotImplemented"));
    await window.until("no draft is left", async () => (await drafts.now()) === "");
    await window.statusIs("sparkle");
  },

  "what it lacks is not offered": async (window) => {
    await window.goTo(...place("self.name = name", "start"));
    await window.page.keyboard.press("Shift+End");
    const actions = window.page.locator(".action-widget").first();
    await window.press("Control+.", actions);
    await actions.locator('text="Rewrite selection"').waitFor();
    assert.equal(await actions.locator("text=/Touch up|Rework/").count(), 0);
    await window.page.keyboard.press("Escape");
    await actions.waitFor({ state: "hidden" });
    await window.status.click();
    await window.picker.locator("text=Restart the server").waitFor();
    assert.equal(await window.picker.locator("text=Look for unlikely places").count(), 0);
    await window.page.keyboard.press("Escape");
  },
};

/** Has the first body filled by its quick fix, and waits until a draft is drawn. */
async function fillBody(window: Window): Promise<DraftWatch> {
  await window.goTo(...place("raise", "start"));
  const drafts = await watchDrafts(window.page);
  const menu = window.page.locator(".action-widget");
  await window.press("Control+.", menu);
  await menu.locator('text="Fill body"').click();
  await window.until("a draft is drawn", async () => (await drafts.seen()).length > 0);
  return drafts;
}
