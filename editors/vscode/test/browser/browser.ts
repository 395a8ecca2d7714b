/** A real VS Code in a real browser: a page of the VS Code server that the tests have started. */
import { chromium, type Browser, type Page } from "playwright-core";

const ARGUMENTS = [
  "--no-sandbox", // the tests may run as root
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", // nothing may leave the machine
];

/** How long a state may take to come about on a busy machine; it only ends what failed. */
export const PATIENCE_MS = 60_000;

/** Runs `work` with a page, and closes the browser whatever happens. */
export async function withPage<Result>(work: (page: Page) => Promise<Result>): Promise<Result> {
  const browser: Browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ARGUMENTS,
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1100, height: 640 } });
    page.setDefaultTimeout(PATIENCE_MS);
    return await work(page);
  } finally {
    await browser.close();
  }
}

/** The address of a window on `folder`, with what VS Code calls its payload. */
export function address(port: string, folder: string, payload: [string, string][]): string {
  const query = new URLSearchParams({ folder, payload: JSON.stringify(payload) });
  return `http://127.0.0.1:${port}/?${query.toString()}`;
}

/** A path on the machine of the VS Code server, as its windows name it. */
export function remote(port: string, path: string): string {
  return `vscode-remote://127.0.0.1:${port}${path}`;
}

/** A line for the person who runs the tests. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
