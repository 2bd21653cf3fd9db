/* Texts that would be markup, script or trouble if a page took them for more than text. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { agentCall, consoleOf, customerOf, openChat, waitingOf, write } from "./desk.mjs";
import { chatOf, DEADLINE, require } from "./stage.mjs";
import { joined, launch, openWidget, wait } from "./widget.mjs";
import { browser, host, scene, stage } from "./scene.mjs";

scene({ pages: {} });

const DO = "window.pwned=1";
const MARKUP = [
  `<script>${DO}</script>`, `<img src=x onerror=${DO}>`, `<svg onload=${DO}>`, `<svg><script>${DO}</script></svg>`,
  `<iframe srcdoc="<script>parent.pwned=1</script>">`, `<iframe src="javascript:parent.pwned=1">`,
  `<a href="javascript:${DO}">x</a>`, `<body onload=${DO}>`, `<details open ontoggle=${DO}>`, `<video><source onerror=${DO}>`,
  `<style>@import "https://evil.example/x.css";</style>`, `<style>*{display:none}</style>`, `<link rel=stylesheet href=//evil.example>`,
  `<meta http-equiv=refresh content="0;url=https://evil.example">`, `<base href=https://evil.example>`, `<object data=x>`,
  `<embed src=javascript:${DO}>`, `<form action=https://evil.example><input name=x>`, `<input autofocus onfocus=${DO}>`,
  `<math><mtext></mtext><img src=x onerror=${DO}>`, `<template><script>${DO}</script></template>`, `<!--><script>${DO}</script>-->`,
  `</p></div></article><script>${DO}</script>`, `"><script>${DO}</script>`, `'><img src=x onerror=${DO}>`, `\${${DO}}`, `{{${DO}}}`,
  `javascript:${DO}`, `JaVaScRiPt:${DO}//https://x.example`, `data:text/html,<script>${DO}</script>`, `vbscript:x`,
  `https://x.example/"onmouseover="${DO}`, `https://x.example/<img src=x onerror=${DO}>`, `mailto:"><script>${DO}</script>@x`,
  `&lt;script&gt;${DO}&lt;/script&gt;`, `&#60;script&#62;`, `%3Cscript%3E${DO}%3C/script%3E`, "\\u003cscript\\u003e",
  `__proto__`, `constructor`, `{"__html":"<b>x</b>"}`, `<parley-chat mode=inline></parley-chat>`, `<x-y onclick=${DO}>`,
];
const WRAPS = [(t) => t, (t) => `a ${t} b`, (t) => `**${t}**`, (t) => `\`${t}\``, (t) => `- ${t}\n- two`, (t) => `[x](${t})`];

/* What remains without the marks of our little Markdown, and without what cannot be seen. */
const bare = (text) => text.replace(/[*`\s\p{C}-]/gu, "");

const texts = (page, kind) => page.locator(`parley-chat article.${kind} .text`).evaluateAll((all) => all.map((e) => e.textContent));

/* Nothing but text and the few elements that our Markdown makes; links lead to the web and to mail. */
const strange = (page) => page.locator("parley-chat").evaluate((element) => {
  const usual = new Set(["P", "UL", "LI", "A", "STRONG", "EM", "CODE", "SPAN"]);
  return [...element.shadowRoot.querySelectorAll(".log .text *")].filter((e) => !usual.has(e.tagName)
    || [...e.attributes].some((a) => !["href", "target", "rel", "aria-hidden"].includes(a.name))
    || (e.href && !/^(https?|mailto):/.test(e.protocol))).map((e) => e.outerHTML);
});

test("hostile texts of both sides are shown as they are, live and from the history", async () => {
  const odd = await stage.call("corpus");
  const all = [...odd, ...MARKUP.flatMap((text) => WRAPS.map((wrap) => wrap(text)))];
  assert.ok(all.length >= 300, String(all.length));
  const page = await openWidget(browser, host.url);
  const elsewhere = [];
  page.context().on("request", (request) => {
    if (![host.url, stage.url].includes(new URL(request.url()).origin)) elsewhere.push(request.url());
  });
  await wait(page);
  const { id: chat, token } = await chatOf(page);
  await joined(stage, page, chat);
  const taken = [];
  for (const content of all) {
    const answer = await fetch(`${stage.url}/api/chats/${chat}/messages`, {
      method: "POST", body: JSON.stringify({ content }),
      headers: { Authorization: "Bearer " + token, "Content-Type": "application/json" },
    });
    if (answer.ok) taken.push((await answer.json()).message.content);
    else assert.equal(answer.status, 400, content);
  }
  assert.ok(taken.length > 250, String(taken.length));
  const told = await stage.call("say_all", { agent: "sarah", chat, texts: all });
  await page.locator("article.agent", { hasText: "the end of all that" }).waitFor();
  const check = async (when) => {
    const mine = await texts(page, "mine");
    assert.deepEqual(mine.slice(-taken.length).map(bare), taken.map(bare), when);
    const theirs = (await texts(page, "agent")).map(bare);
    assert.equal(theirs.length, told.length + 1, when + ": not shown: " + JSON.stringify(told.filter((t) => !theirs.includes(bare(t)))));
    assert.deepEqual(theirs.slice(0, -1), told.map(bare), when);
    assert.deepEqual(await strange(page), [], when);
    assert.equal(await page.evaluate(() => window.pwned), undefined, when);
    assert.deepEqual(page.faults, [], when);
  };
  await check("live");
  await page.reload();
  await launch(page);
  await page.locator("article.agent", { hasText: "the end of all that" }).waitFor();
  const older = page.getByRole("button", { name: "Show earlier messages" });
  while (await older.count()) {
    const before = await page.locator("article").count();
    await older.click();
    await page.waitForFunction((n) => document.querySelector("parley-chat").shadowRoot.querySelectorAll("article").length > n
      || !document.querySelector("parley-chat").shadowRoot.querySelector(".older"), before);
  }
  await check("from the history");
  assert.deepEqual(elsewhere, []);
  await page.context().close();
});

test("hostile names and drafts change nothing but themselves", async () => {
  const page = await openWidget(browser, host.url);
  await launch(page);
  for (const text of MARKUP) {
    await page.locator("parley-chat textarea").fill(text);
    assert.equal(await page.locator("parley-chat textarea").inputValue(), text);
    await page.evaluate((name) => {
      window.Parley("setAttributes", { name, page: name });
      window.Parley("setLocale", name);
    }, text);
  }
  await page.reload();
  await launch(page);
  assert.equal(await page.locator("parley-chat textarea").inputValue(), MARKUP.at(-1));
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

/* What a part of the console is made of, that text alone would not make. */
const foreign = (page) => page.evaluate(() => {
  const usual = new Set(["P", "UL", "LI", "A", "STRONG", "EM", "CODE", "SPAN"]);
  return [
    ...[...document.querySelectorAll(".log .text *")].filter((e) => !usual.has(e.tagName)),
    ...document.querySelectorAll("img, svg, iframe, object, embed, video, base, template, math, style, x-y, parley-chat, body script"),
    ...[...document.querySelectorAll("a")].filter((e) => !["https:", "http:", "mailto:", "xmpp:"].includes(e.protocol)),
    ...[...document.querySelectorAll("*")].filter((e) => [...e.attributes].some((a) => a.name.startsWith("on") || a.name === "style")),
  ].map((e) => e.outerHTML);
});

test("hostile names, addresses, reasons and notes are text in the console", async () => {
  const page = await consoleOf(stage, browser, "nina");
  const elsewhere = [];
  page.context().on("request", (request) => {
    if (new URL(request.url()).origin !== stage.url) elsewhere.push(request.url());
  });
  const chats = [];
  let named = 0;
  for (const text of MARKUP) {
    const rest = { email: text, page: text, locale: text.slice(0, 35) };
    const customer = await customerOf(stage, { name: text, ...rest }).catch(() => customerOf(stage, rest));
    await customer.say(text);
    await customer.escalate(text);
    chats.push({ ...customer, text });
  }
  for (const { chat, text } of chats) {
    await openChat(page, chat);
    const shown = await page.locator(".facts dd").allTextContents();
    assert.ok(shown.filter((value) => value === text).length >= 3, `${text}: ${JSON.stringify(shown)}`);
    const { customer } = await agentCall(stage, "nina", "GET", "/api/chats/" + chat);
    if (customer.name) named++;
    const heading = page.locator(".chat .head h2", { hasText: customer.name ?? "Customer" });
    assert.equal(await heading.textContent(), customer.name ?? "Customer");
    assert.equal(await page.locator(`[data-chat="${chat}"] .name`).textContent(), customer.name ?? "Customer");
    assert.equal(await page.locator(`[data-chat="${chat}"] .reason`).textContent(), text);
    assert.deepEqual(await foreign(page), [], text);
  }
  assert.ok(named > 20, String(named));
  await page.getByLabel("Internal note").check();
  for (const text of MARKUP) {
    const before = await page.locator("article.note").count();
    await write(page, text);
    await page.locator("article.note").nth(before).waitFor();
  }
  assert.deepEqual((await page.locator("article.note .text").allTextContents()).map(bare), MARKUP.map((t) => bare("[note] " + t)));
  assert.deepEqual(await foreign(page), []);
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  assert.deepEqual(page.faults, []);
  assert.deepEqual(elsewhere, []);
  await page.context().close();
});

test("hostile messages of customers are shown to agents as they are", async () => {
  const all = [...await stage.call("corpus"), ...MARKUP.flatMap((text) => WRAPS.map((wrap) => wrap(text)))];
  const { chat, token } = await waitingOf(stage, {}, "the first of all that");
  const page = await consoleOf(stage, browser, "tom");
  await page.locator(`[data-chat="${chat}"]`).waitFor();
  await openChat(page, chat);
  const taken = [];
  for (const content of all) {
    const answer = await fetch(`${stage.url}/api/chats/${chat}/messages`, { method: "POST", body: JSON.stringify({ content }),
      headers: { Authorization: "Bearer " + token, "Content-Type": "application/json" } });
    if (answer.ok) taken.push((await answer.json()).message.content);
    else assert.equal(answer.status, 400, content);
  }
  assert.ok(taken.length > 250, String(taken.length));
  await page.waitForFunction((n) => document.querySelectorAll(".log article.user").length > n, taken.length);
  const shown = await page.locator(".log article.user .text").allTextContents();
  assert.deepEqual(shown.slice(1).map(bare), taken.map(bare));
  assert.deepEqual(await foreign(page), []);
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

/* In a process that can be ended: of the time that a page takes, nothing is asked. */
test("marks that begin and do not end are read once, and not again from each of them", async () => {
  const ui = new URL("../../webbridge/ui/", import.meta.url).pathname;
  const { outputFiles: [code] } = await require("esbuild").build({
    absWorkingDir: ui, bundle: true, write: false, format: "esm", jsx: "automatic", jsxImportSource: "preact",
    stdin: { resolveDir: ui, loader: "ts", contents: `import { Text } from "./view/text.tsx";
      for (const part of ["**a ", "** a", "*a ", "a* ", "\`a\\n", "https://", "https://. ", "mailto:", "- a\\n", "****a"])
        Text({ text: part.repeat(300_000 / part.length) });` },
  });
  execFileSync(process.execPath, ["--input-type=module"], { input: code.text, timeout: DEADLINE });
});
