import assert from "node:assert/strict";
import { homedir } from "node:os";
import { test } from "node:test";
import { findServer, type Places } from "../../src/findServer";

const NOWHERE: Places = { setting: "", folders: [], trusted: true, path: "", installed: "/own" };

/** What is found where only `files` can be run. */
async function found(places: Partial<Places>, ...files: string[]): Promise<string> {
  const answer = await findServer({ ...NOWHERE, ...places }, (file) =>
    Promise.resolve(files.includes(file)),
  );
  return "missing" in answer ? answer.missing : answer.command;
}

test("the setting wins over everything", async () => {
  const places = { setting: "/mine/fillwright", folders: ["/projects"], path: "/usr/bin" };
  const all = ["/mine/fillwright", "/projects/.venv/bin/fillwright", "/usr/bin/fillwright"];
  assert.equal(await found(places, ...all), "/mine/fillwright");
});

test("a setting that names nothing is not replaced by another command", async () => {
  const places = { setting: "/mine/fillwright", path: "/usr/bin" };
  assert.match(await found(places, "/usr/bin/fillwright"), /server\.path names \/mine\/fillwright/);
});

test("the setting may name the home and the workspace", async () => {
  assert.equal(await found({ setting: "~/fw" }, `${homedir()}/fw`), `${homedir()}/fw`);
  const places = { setting: "${workspaceFolder}/env/fw", folders: ["/projects", "/other"] };
  assert.equal(await found(places, "/projects/env/fw"), "/projects/env/fw");
});

test("a virtual environment of any workspace folder wins over PATH", async () => {
  const places = { folders: ["/one", "/two"], path: "/usr/bin" };
  const all = ["/two/venv/bin/fillwright", "/usr/bin/fillwright"];
  assert.equal(await found(places, ...all), "/two/venv/bin/fillwright");
  assert.equal(
    await found(places, "/one/.venv/bin/fillwright", ...all),
    "/one/.venv/bin/fillwright",
  );
});

test("PATH is searched in its order, and without what is relative in it", async () => {
  const places = { path: "bin:.::/a:/b" };
  assert.equal(
    await found(places, "bin/fillwright", "fillwright", "/b/fillwright"),
    "/b/fillwright",
  );
  assert.equal(await found(places, "/b/fillwright", "/a/fillwright"), "/a/fillwright");
});

test("the extension's own environment comes last", async () => {
  const own = "/own/bin/fillwright";
  assert.equal(await found({ path: "/usr/bin" }, own), own);
  assert.equal(
    await found({ path: "/usr/bin" }, own, "/usr/bin/fillwright"),
    "/usr/bin/fillwright",
  );
});

test("nothing to be found is said in a sentence that names every place", async () => {
  const sentence = await found({ folders: ["/projects", "/other"], path: "/usr/bin" });
  assert.match(sentence, /^The fillwright command was not found\. /);
  const places = ["/projects/.venv", "/projects/venv", "/other/.venv", "the PATH", "own folder"];
  for (const place of [...places, "fillwright.server.path"])
    assert(sentence.includes(place), place);
});

test("what an untrusted folder has is not run but named, and trust is what is missing", async () => {
  const places = { ...NOWHERE, folders: ["/projects"], trusted: false, path: "/usr/bin" };
  const inFolder = "/projects/venv/bin/fillwright";
  const answer = await findServer(places, (file) => Promise.resolve(file === inFolder));
  assert("missing" in answer);
  assert.match(answer.missing, /in \/projects\/venv, .*not trusted/);
  assert.equal(answer.remedies[0], "trust");
  assert.equal(await found(places, inFolder, "/usr/bin/fillwright"), "/usr/bin/fillwright");
});

test("without a command anywhere an untrusted folder is no reason", async () => {
  const answer = await findServer({ ...NOWHERE, folders: ["/projects"], trusted: false }, () =>
    Promise.resolve(false),
  );
  assert("missing" in answer);
  assert.equal(answer.remedies[0], "install");
  assert.doesNotMatch(answer.missing, /trust/);
});
