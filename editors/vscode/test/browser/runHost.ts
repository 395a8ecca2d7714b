/** Runs the suite of test/host in the extension host: node runHost.js PORT FOLDER SUITE EXTENSION. */
import { address, remote, say, withPage } from "./browser";

/** For all tests, on a busy machine; it only ends what hangs. */
const DEADLINE_MS = 900_000;

const [port = "", folder = "", suite = "", extension = ""] = process.argv.slice(2);

async function main(): Promise<number> {
  return withPage(async (page) => {
    await page.exposeFunction("codeAutomationLog", (_severity: string, words: unknown[]) => {
      const line = words.join(" ");
      if (/^(ok|FAILED|VS Code|\d+ passed)/.test(line)) say(line);
    });
    const ended = new Promise<number>((resolve) => {
      void page.exposeFunction("codeAutomationExit", resolve);
    });
    const payload: [string, string][] = [
      ["extensionDevelopmentPath", remote(port, extension)],
      ["extensionTestsPath", remote(port, suite)],
      ["skipWelcome", "true"],
    ];
    await page.goto(address(port, folder, payload));
    const late = new Promise<number>((resolve) => setTimeout(resolve, DEADLINE_MS, 1));
    return Promise.race([ended, late]);
  });
}

void main().then((code) => process.exit(code));
