/** The smallest test runner that lives in an extension host, and waiting without sleeping blindly. */
import { setTimeout as pause } from "node:timers/promises";

type Test = { name: string; run: () => Promise<void> | void };

const PATIENCE_MS = 60_000;
const tests: Test[] = [];

/** Declares a test; they run in the order of their declaration. */
export function test(name: string, run: () => Promise<void> | void): void {
  tests.push({ name, run });
}

/** Runs every test and says how each one went. Throws when one failed. */
export async function runTests(say: (line: string) => void): Promise<void> {
  const failed: string[] = [];
  for (const { name, run } of tests) {
    const started = performance.now();
    try {
      await run();
      say(`ok ${name} (${Math.round(performance.now() - started)} ms)`);
    } catch (error) {
      failed.push(name);
      say(
        `FAILED ${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
  }
  say(`${tests.length - failed.length} passed, ${failed.length} failed`);
  if (failed.length > 0) throw new Error(`failed: ${failed.join(", ")}`);
}

/** Waits until `probe` gives something that counts as true; the deadline only ends what failed. */
export async function until<Value>(
  what: string,
  probe: () => Value | PromiseLike<Value>,
): Promise<NonNullable<Value>> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await pause(20);
  }
}
