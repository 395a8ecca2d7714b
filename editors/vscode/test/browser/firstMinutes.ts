/** What is seen first: a folder that is not trusted, whose virtual environment has a server, and the
 * walkthrough. */
import type { Locator } from "playwright-core";
import { say } from "./browser";
import type { Step } from "./steps";
import { type Window, comes } from "./window";

const SIDE_BAR = "Control+b";
const PAGE_MS = 10_000;
const ATTEMPTS = 6;

export const firstMinutes: Record<string, Step> = {
  "a message says that trust is missing, and leads to it": async (window, { folder, file }) => {
    await window.open(folder, file);
    await window.statusIs("warning");
    const message = window.page.locator(".notification-toast");
    await message.locator("text=/not trusted/").waitFor();
    await window.shoot("untrusted");
    await message.locator('text="Manage Trust"').click();
    const trust = window.page.locator(".workspace-trust-editor");
    await trust.locator('.monaco-button:has-text("Trust")').first().click();
  },

  "the server starts as soon as the folder is trusted": async (window) => {
    await window.statusIs("sparkle");
  },

  "the walkthrough shows its pictures": async (window) => {
    await window.command("Welcome: Open Walkthrough...");
    await window.page.keyboard.type("Fillwright");
    const entry = window.picker.locator('.monaco-list-row:has-text("Start with Fillwright")');
    await entry.first().click();
    const step = window.page.locator(
      '.getting-started-step:has-text("Find or install the server")',
    );
    await step.first().waitFor();
    await window.page.keyboard.press(SIDE_BAR);
    const accept = window.page.locator('.getting-started-step:has-text("Accept ghost text")');
    await accept.click();
    await accept.and(window.page.locator(".expanded")).waitFor();
    const picture = await pictureOf(window);
    await window.until("the picture is there", () =>
      picture.evaluate((image) => Number(Reflect.get(image, "naturalWidth")) > 0),
    );
    await window.shoot("walkthrough");
  },
};

/** The picture of the walkthrough's open step. A page of VS Code 1.139 stays blank for good if the first
 * one was laid out while its service worker was on its way; another layout makes a page from nothing. */
async function pictureOf(window: Window): Promise<Locator> {
  const outer = window.page.locator("iframe.webview").first().contentFrame();
  const picture = outer.locator("iframe").first().contentFrame().locator("img").first();
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (await comes(picture, PAGE_MS)) return picture;
    say("retry: the walkthrough's page stayed blank");
    await window.page.keyboard.press(SIDE_BAR);
  }
  throw new Error("the walkthrough's page stayed blank");
}
