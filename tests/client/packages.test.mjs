/* What the packages hold, and that a stranger's project can use them. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { openProject, PACKAGES } from "./project.mjs";

const open = (t) => {
  const project = openProject();
  t.after(() => project.close());
  return project;
};

test("a package holds its module, types, description and README, and nothing else", (t) => {
  const project = open(t);
  for (const name of PACKAGES) {
    const run = spawnSync("npm", ["pack", "--dry-run", "--json", "--offline"],
      { cwd: join(project.folder, "node_modules", name), encoding: "utf8" });
    const [packed] = JSON.parse(run.stdout);
    const files = packed.files.map((f) => f.path);
    const rest = files.filter((f) => !/^types\/[a-z_]+\.d\.ts$/.test(f)).sort();
    assert.deepEqual(rest, name === "parley-react"
      ? ["README.md", "ar.js", "de.js", "es.js", "fr.js", "index.js", "package.json", "style.css"]
      : ["README.md", "index.js", "package.json"]);
    assert.ok(files.includes("types/index.d.ts"));
    assert.match(packed.version, /^\d+\.\d+\.\d+$/);
  }
});

test("the specification's snippets, and a program by package names, compile under strict", (t) => {
  const project = open(t);
  project.write("mine.ts", `
    import { ChatClient, memoryShelf, type Message, Problem } from "parley-client";
    import { createUseRealtimeChat, type Hooks } from "parley-react";
    import { useCallback, useEffect, useRef, useState } from "react";
    const chat = new ChatClient({ baseUrl: "", shelf: memoryShelf() });
    chat.on("message", (message: Message) => message.seq.toFixed());
    const problem: Problem | null = await chat.send("x");
    const hooks: Hooks = { useState, useEffect, useRef, useCallback };
    export const hook = createUseRealtimeChat(hooks, () => ({ token: problem?.code ?? "" }));`);
  assert.equal(project.types(), "");
});

test("a mistake in the use of a package is seen by the compiler", (t) => {
  const project = open(t);
  project.write("wrong.tsx", `import { useRealtimeChat } from "parley-react";
    useRealtimeChat({ chatId: 5 });
    useRealtimeChat({ chatId: "x" }).sendMessage("text", "SYSTEM");`);
  const said = project.types();
  assert.match(said, /wrong\.tsx\(2,/);
  assert.match(said, /wrong\.tsx\(3,/);
});

test("Node imports both packages by name", (t) => {
  const project = open(t);
  const run = project.run("--input-type=module", "-e", `
    import { ChatClient } from "parley-client";
    import { useRealtimeChat, UniversalChatInterface } from "parley-react";
    console.log(typeof ChatClient, typeof useRealtimeChat, typeof UniversalChatInterface);`);
  assert.equal(run.stderr, "");
  assert.equal(run.stdout.trim(), "function function function");
});
