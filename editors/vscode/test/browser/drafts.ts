/** Sees the drafts that the extension draws: they come and go faster than a test can look. */
import type { Page } from "playwright-core";

export interface DraftWatch {
  /** Every different draft that was drawn so far: the texts after the lines, in their order. */
  seen: () => Promise<string[]>;
  /** The most colours that one line of the draft has now. */
  colours: () => Promise<number>;
  /** The draft that is drawn now. */
  now: () => Promise<string>;
}

// runs in the page; the text of a decoration is in a style sheet, not in the document
const WATCH = `(() => {
  const styles = () => [...document.querySelectorAll(".view-line [class*='ced-']")]
    .map((piece) => getComputedStyle(piece, "::after"))
    .filter(({ content }) => content.startsWith('"'));
  const drawn = () => styles().map(({ content }) => JSON.parse(content)).join("");
  const stripes = ({ backgroundImage }) => new Set(backgroundImage.match(/rgba?\\([^)]*\\)/g)).size;
  const colours = () => Math.max(0, ...styles().map(stripes));
  const seen = new Set();
  const look = () => { const text = drawn(); if (text) seen.add(text); };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true });
  window.fillwrightDrafts = { drawn, colours, seen };
})()`;

/** Watches from now on. */
export async function watchDrafts(page: Page): Promise<DraftWatch> {
  await page.evaluate(WATCH);
  return {
    seen: () => page.evaluate<string[]>("[...window.fillwrightDrafts.seen]"),
    colours: () => page.evaluate<number>("window.fillwrightDrafts.colours()"),
    now: () => page.evaluate<string>("window.fillwrightDrafts.drawn()"),
  };
}
