/** Sees the drafts that the extension draws: they come and go faster than a test can look. */
import type { Page } from "playwright-core";

export interface DraftWatch {
  /** Every different draft that was drawn so far: the texts after the lines, in their order. */
  seen: () => Promise<string[]>;
  /** The draft that is drawn now. */
  now: () => Promise<string>;
}

// runs in the page; the text of a decoration is in a style sheet, not in the document
const WATCH = `(() => {
  const drawn = () => [...document.querySelectorAll(".view-line [class*='ced-']")]
    .map((piece) => getComputedStyle(piece, "::after").content)
    .filter((content) => content.startsWith('"'))
    .map((content) => JSON.parse(content))
    .join("");
  const seen = new Set();
  const look = () => { const text = drawn(); if (text) seen.add(text); };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true });
  window.fillwrightDrafts = { drawn, seen };
})()`;

/** Watches from now on. */
export async function watchDrafts(page: Page): Promise<DraftWatch> {
  await page.evaluate(WATCH);
  return {
    seen: () => page.evaluate<string[]>("[...window.fillwrightDrafts.seen]"),
    now: () => page.evaluate<string>("window.fillwrightDrafts.drawn()"),
  };
}
