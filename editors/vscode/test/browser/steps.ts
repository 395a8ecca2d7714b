/** The steps of the UI test, in their order; each one goes on where the last one ended. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { watchDrafts } from "./drafts";
import { SHELF, place } from "./shelf";
import type { Window } from "./window";

export interface Files {
  /** A folder whose virtual environment has the server, and the file in it to work on. */
  folder: string;
  file: string;
  /** A folder without a server. */
  bare: string;
}

export type Step = (window: Window, files: Files) => Promise<void>;

export const steps: Record<string, Step> = {
  "the status bar tells when the engine is ready": async (window, { folder, file }) => {
    writeFileSync(`${folder}/${file}`, SHELF);
    await window.open(folder, file);
    await window.page.keyboard.press("Control+b");
    await window.statusIs("sparkle");
  },

  "ghost text is shown while typing, and Tab accepts it": async (window) => {
    await window.goTo(...place("        return", "end"));
    await window.page.keyboard.type(" ");
    await window.ghost.first().waitFor();
    await window.shoot("ghost-text");
    const ghost = (await window.ghost.allInnerTexts()).join("").trim();
    assert.notEqual(ghost, "");
    await window.page.keyboard.press("Tab");
    await window.ghost.first().waitFor({ state: "hidden" });
    assert((await window.text()).includes(`        return ${ghost}`), ghost);
  },

  "typing past it over line ends, with a slip, loses nothing and brings more": async (window) => {
    const { keyboard } = window.page;
    await window.goTo(...place('self.width!r})"', "end"));
    // a person's pace; the ghost text that comes meanwhile is typed past
    await keyboard.type("\n\nname = sefl", { delay: 80 });
    await keyboard.press("Backspace");
    await keyboard.press("Backspace");
    await keyboard.type("lf.", { delay: 80 });
    await window.ghost.first().waitFor();
    await window.shoot("typed");
    const line = window.page.locator(".view-line", { has: window.ghost.first() });
    assert.match(await line.innerText(), /name\s=\sself\.\S/u);
    await keyboard.press("Escape");
    await window.ghost.first().waitFor({ state: "hidden" });
    assert.match(await window.text(), / name = self\.$/mu);
    // the next pictures are of the file as it was
    await keyboard.press("Control+Shift+k");
  },

  "the quick fix fills the body, with drafts meanwhile": async (window) => {
    await window.goTo(...place("raise", "start"));
    const drafts = await watchDrafts(window.page);
    const menu = window.page.locator(".action-widget");
    await window.press("Control+.", menu);
    await menu.locator('text="Fill body"').waitFor();
    await window.shoot("quick-fix");
    await menu.locator('text="Fill body"').click();
    await window.until("a draft is drawn", async () => (await drafts.seen()).length > 0);
    await window.shoot("drafts");
    await window.until("the fill", async () => !(await window.text()).includes("NotImplemented"));
    await window.until("no draft is left", async () => (await drafts.now()) === "");
    await window.statusIs("sparkle");
    await window.page.keyboard.press("Control+z");
    await window.until("undo", async () => (await window.text()).includes("NotImplemented"));
  },

  "a rewrite is shown as a diff, and applied": async (window) => {
    await window.goTo(...place("raise", "start"));
    await window.page.keyboard.press("Shift+End");
    await window.command("Fillwright: Rewrite Selection");
    const diff = window.page.locator(".monaco-diff-editor");
    await diff.locator(".line-insert").first().waitFor();
    await window.shoot("diff");
    await window.press("Control+Enter", window.page.locator(".tab:has-text('shelf')"));
    await diff.waitFor({ state: "detached" });
    await window.until("the edit", async () => !(await window.text()).includes("NotImplemented"));
  },

  "a click on the status bar opens the menu": async (window) => {
    await window.status.click();
    await window.picker.locator("text=Restart the server").waitFor();
    await window.shoot("menu");
    await window.page.keyboard.press("Escape");
    await window.picker.waitFor({ state: "hidden" });
  },

  "the picker lists the engines, and the status names the one that was chosen": async (window) => {
    await window.command("Fillwright: Choose the Engine");
    await window.picker.locator("text=Another engine for actions").waitFor();
    await window.picker.locator("text=the small model that comes with Fillwright").click();
    await window.picker.waitFor({ state: "hidden" });
    const said = () => window.status.locator("a").first().getAttribute("aria-label");
    await window.until("its name", async () => (await said())?.includes("embedded: ") === true);
  },

  "without a server one message offers to install it": async (window, { bare }) => {
    writeFileSync(`${bare}/notes.txt`, "notes\n");
    await window.open(bare, "notes.txt");
    await window.statusIs("warning");
    const message = window.page.locator(".notification-toast");
    await message.locator("text=/command was not found/").waitFor();
    await message.filter({ hasText: `${bare}/.venv` }).waitFor();
    await window.shoot("no-server");
    await window.command("Notifications: Clear All Notifications");
    await message.waitFor({ state: "detached" });
    await window.command("Fillwright: Fill All Stubs in the File");
    await message.locator("text=/command was not found/").waitFor();
    await message.locator('text="Install"').click();
    await window.page.locator(".terminal-wrapper").first().waitFor();
    await window.shoot("install");
    // the package is built where it is installed, its kernels compiled
    await window.statusIs("sparkle", 300_000);
    await window.shoot("installed");
  },
};
