/** Uses the extension as a person does: node runUi.js PORT STEPS FOLDER FILE BARE_FOLDER SHOTS. */
import { say, withPage } from "./browser";
import { denoising } from "./denoising";
import { firstMinutes } from "./firstMinutes";
import { fromNothing, withServer } from "./fromNothing";
import { maskModel } from "./maskModel";
import { steps } from "./steps";
import { Window } from "./window";

const [port = "", chosen = "", folder = "", file = "", bare = "", shots = ""] =
  process.argv.slice(2);

const sets: Record<string, typeof steps> = {
  steps,
  denoising,
  firstMinutes,
  fromNothing,
  withServer,
  maskModel,
};

async function main(): Promise<void> {
  await withPage(async (page) => {
    const window = new Window(page, port, shots);
    for (const [name, step] of Object.entries(sets[chosen] ?? {})) {
      const started = performance.now();
      try {
        await step(window, { folder, file, bare });
      } catch (error) {
        await window.shoot("failed");
        throw new Error(`${name} (see ${shots}/failed.png)`, { cause: error });
      }
      say(`ok ${name} (${Math.round(performance.now() - started)} ms)`);
    }
  });
}

void main().catch((error: unknown) => {
  say(
    `FAILED ${error instanceof Error ? `${error.message}: ${String(error.cause)}` : String(error)}`,
  );
  process.exitCode = 1;
});
