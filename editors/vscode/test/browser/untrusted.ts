/** The steps of the UI test in a folder that is not trusted, whose virtual environment has a server. */
import type { Step } from "./steps";

export const untrustedSteps: Record<string, Step> = {
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
    await window.shoot("trusted");
  },
};
