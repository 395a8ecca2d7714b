/** The steps of the UI test of denoised fills: what is seen while a canvas settles. */
import { writeFileSync } from "node:fs";
import { watchDrafts } from "./drafts";
import { SHELF, place } from "./shelf";
import type { Step } from "./steps";

export const denoising: Record<string, Step> = {
  "the draft of a canvas has the colours of how sure its tokens are": async (window, files) => {
    writeFileSync(`${files.folder}/${files.file}`, SHELF);
    await window.open(files.folder, files.file);
    await window.page.keyboard.press("Control+b");
    await window.statusIs("sparkle");
    await window.goTo(...place("raise", "start"));
    const drafts = await watchDrafts(window.page);
    await window.command("Fillwright: Fill the Function Bodies");
    await window.until(
      "settled, unsure and unsettled text",
      async () => (await drafts.colours()) > 2,
    );
    await window.shoot("denoising");
    await window.until("the fill", async () => !(await window.text()).includes("NotImplemented"));
    await window.until("no draft is left", async () => (await drafts.now()) === "");
  },
};
