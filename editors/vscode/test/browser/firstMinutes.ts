/** What is seen first: a folder that is not trusted, whose virtual environment has a server, and the
 * walkthrough. */
import type { Step } from "./steps";

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
    await window.page.keyboard.press("Control+b");
    const accept = window.page.locator('.getting-started-step:has-text("Accept ghost text")');
    await accept.click();
    await accept.and(window.page.locator(".expanded")).waitFor();
    const outer = window.page.locator("iframe.webview").first().contentFrame();
    const picture = outer.locator("iframe").first().contentFrame().locator("img").first();
    await picture.waitFor();
    await window.until("the picture is there", () =>
      picture.evaluate((image) => Number(Reflect.get(image, "naturalWidth")) > 0),
    );
    await window.shoot("walkthrough");
  },
};
