// Bundles the extension, which is all that the package runs, and its tests.
import { build } from "esbuild";
import { readdir } from "node:fs/promises";

const common = {
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  logLevel: "warning",
  // the editor brings vscode; the browser driver cannot be bundled
  external: ["vscode", "playwright-core"],
};

await build({ ...common, entryPoints: ["src/extension.ts"], outdir: "dist", minify: true });

const unit = (await readdir("test/unit")).map((name) => `test/unit/${name}`);
const real = ["test/host/suite.ts", "test/browser/runHost.ts", "test/browser/runUi.ts"];
const entryPoints = [...unit, ...real];
await build({ ...common, entryPoints, outdir: "dist/test", outbase: "test", sourcemap: "inline" });
