/** What a person does in a window of VS Code, and sees there. */
import { setTimeout as pause } from "node:timers/promises";
import type { Locator, Page } from "playwright-core";
import { PATIENCE_MS, address, remote, say } from "./browser";

const RETRY_MS = 5000;

/** Whether something shows within `timeout` ms: what was done to show it can be lost on a busy machine. */
export async function comes(shown: Locator, timeout = RETRY_MS): Promise<boolean> {
  return shown.waitFor({ timeout }).then(
    () => true,
    () => false,
  );
}

export class Window {
  readonly ghost: Locator;
  readonly status: Locator;
  readonly picker: Locator;

  constructor(
    readonly page: Page,
    private readonly port: string,
    private readonly shots: string,
  ) {
    this.ghost = page.locator(".ghost-text-decoration, .ghost-text");
    this.status = page.locator('.statusbar-item[id^="fillwright.fillwright"]');
    this.picker = page.locator(".quick-input-widget");
  }

  /** Opens a window on `folder`, with one of its files in front. */
  async open(folder: string, file: string): Promise<void> {
    const payload: [string, string][] = [
      ["openFile", remote(this.port, `${folder}/${file}`)],
      ["skipWelcome", "true"],
    ];
    await this.page.goto(address(this.port, folder, payload));
    await this.page.locator(".monaco-editor .view-line").first().waitFor();
  }

  /** Waits until the status bar item shows an icon, `timeout` ms at most. */
  async statusIs(icon: string, timeout = 60_000): Promise<void> {
    await this.status.locator(`.codicon-${icon}`).waitFor({ timeout });
  }

  /** Puts the cursor at a place of the file in front; lines and columns count from 1. */
  async goTo(line: number, column: number): Promise<void> {
    await this.press("Control+g", this.picker);
    await this.page.keyboard.type(`${line}:${column}`);
    await this.page.keyboard.press("Enter");
    await this.picker.waitFor({ state: "hidden" });
  }

  /** Runs a command of the palette. */
  async command(title: string): Promise<void> {
    await this.press("F1", this.picker);
    await this.page.keyboard.type(title);
    await this.picker.locator(`.monaco-list-row:has-text("${title}")`).first().waitFor();
    await this.page.keyboard.press("Enter");
  }

  /** Presses a key until what it shows is there; a key that did nothing is pressed once more. */
  async press(key: string, shows: Locator): Promise<void> {
    await this.page.keyboard.press(key);
    if (await comes(shows.first())) return;
    say(`retry: ${key} did nothing`);
    await this.page.keyboard.press(key);
    await shows.first().waitFor();
  }

  /** What is drawn of the files in front, line by line in no order. */
  async text(): Promise<string> {
    const drawn = await this.page.locator(".monaco-editor .view-line").allInnerTexts();
    return drawn.join("\n").replaceAll("\u00a0", " ");
  }

  /** Waits until `probe` gives true; the deadline only ends what failed. */
  async until(what: string, probe: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!(await probe())) {
      if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
      await pause(20);
    }
  }

  /** Takes a picture of the window. */
  async shoot(name: string): Promise<void> {
    await this.page.screenshot({ path: `${this.shots}/${name}.png` });
  }
}
