/** From a fresh VS Code with the extension to the first accepted ghost text, with no setting changed. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { say } from "./browser";
import type { Step } from "./steps";
import { comes } from "./window";

/** Nothing waits that long on an idle machine; it only ends what failed. */
const INSTALLING_MS = 600_000;
/** Nothing more is asked for where the first fill came too late, and a person types on. */
const TYPING_ON_MS = 10_000;
const FILLED = /another width\."""\n +self\.width = width$/mu;

const written: Record<string, Step> = {
  "half a line is typed over `raise NotImplementedError`, and ghost text comes": async (window) => {
    await window.page.locator(".monaco-editor .view-line").first().click();
    await window.goTo(19, "        ".length + 1);
    await window.page.keyboard.press("Shift+End");
    await window.page.keyboard.type("self.w", { delay: 120 });
    while (!(await comes(window.ghost.first(), TYPING_ON_MS))) {
      say("the letter is typed again");
      await window.page.keyboard.press("Backspace");
      await window.page.keyboard.press("w");
    }
    await window.shoot("ghost");
  },

  "Tab takes it, and it is saved": async (window, { folder, file }) => {
    await window.page.keyboard.press("Tab");
    await window.ghost.first().waitFor({ state: "hidden" });
    // the terminal of the installation may leave room for these lines alone
    assert.match(await window.text(), FILLED);
    await window.page.keyboard.press("Control+s");
    await window.until("it is saved", () => {
      return Promise.resolve(FILLED.test(readFileSync(`${folder}/${file}`, "utf8")));
    });
  },
};

/** Where there is no server yet, but the one in the extension. */
export const fromNothing: Record<string, Step> = {
  "a message offers the server, and Install asks for trust": async (window, { folder, file }) => {
    window.page.setDefaultTimeout(INSTALLING_MS);
    await window.open(folder, file);
    const message = window.page.locator(".notification-toast");
    await message.locator("text=/command was not found/").waitFor();
    await message.locator('text="Install"').click();
    const dialog = window.page.locator(".monaco-dialog-box");
    await dialog.waitFor();
    await window.shoot("trust");
    await dialog.locator('.monaco-button:has-text("Trust")').first().click();
    await dialog.waitFor({ state: "detached" });
  },

  "the server is installed, and the engine is ready": async (window) => {
    await window.page.locator(".terminal-wrapper").first().waitFor();
    await window.shoot("installing");
    await window.statusIs("sparkle", INSTALLING_MS);
    await window.shoot("installed");
  },

  ...written,
};

/** Where `fillwright` is on the PATH. */
export const withServer: Record<string, Step> = {
  "the server is found, and the engine is ready": async (window, { folder, file }) => {
    window.page.setDefaultTimeout(INSTALLING_MS);
    await window.open(folder, file);
    await window.statusIs("sparkle", INSTALLING_MS);
  },
  ...written,
};
