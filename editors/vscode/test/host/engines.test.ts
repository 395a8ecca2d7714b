import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as vscode from "vscode";
import { LINE_END, SOURCE, configure, open, select, status } from "./editor";
import { test, until } from "./runner";

/** A model server that always writes the same. */
async function modelServer(writes: string): Promise<Server> {
  const chunks = [{ text: writes }, { text: "", finish_reason: "stop" }];
  const events = chunks.map((choice) => `data: ${JSON.stringify({ choices: [choice] })}\n\n`);
  const server = createServer((request, response) => {
    if (request.url === "/v1/models") {
      response.end(JSON.stringify({ data: [{ id: "qwen2.5-coder", max_model_len: 4096 }] }));
    } else if (request.url === "/v1/completions") {
      response.end(`${events.join("")}data: [DONE]\n\n`);
    } else {
      response.writeHead(404).end("{}");
    }
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return server;
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function lineAfterFill(editor: vscode.TextEditor): Promise<string> {
  select(editor, LINE_END);
  await vscode.commands.executeCommand("fillwright.fillCursors");
  return editor.document.lineAt(LINE_END[0]).text;
}

test("another engine fills without a restart, and one may be for actions alone", async () => {
  const [fast, better] = [await modelServer("fast"), await modelServer("better")];
  const engine = (server: Server) => ({ url: urlOf(server), samples: 1 });
  await configure("engine.engines", { fast: engine(fast), better: engine(better) });
  try {
    const editor = await open(SOURCE);
    await configure("engine.use", "fast");
    await until("the fast one", async () => (await status()).use === "fast");
    await until("its model", async () => (await status()).model === "qwen2.5-coder");
    assert.match(await lineAfterFill(editor), /return fast/);
    await configure("engine.useForActions", "better");
    await until("the better one", async () => (await status()).useForActions === "better");
    const other = await open(SOURCE);
    assert.match(await lineAfterFill(other), /return better/);
    assert.equal((await status()).use, "fast");
  } finally {
    for (const key of ["use", "useForActions", "engines"]) {
      await configure(`engine.${key}`, undefined);
    }
    fast.close();
    better.close();
  }
});
