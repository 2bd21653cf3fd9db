/* Tabs of one browser share a chat and one stream. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DEADLINE, openBrowser, openStage } from "../browser/stage.mjs";
import { openProject } from "./project.mjs";

let stage;
let browser;
let script;

before(async () => {
  const project = openProject();
  script = readFileSync(join(project.folder, "node_modules/parley-client/index.js"), "utf8");
  project.close();
  [stage, browser] = await Promise.all([openStage(), openBrowser()]);
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

const openTab = async (context) => {
  const page = await context.newPage();
  page.setDefaultTimeout(DEADLINE);
  page.streams = new Set();
  page.on("request", (r) => r.url().includes("/events") && page.streams.add(r));
  for (const over of ["requestfailed", "requestfinished"]) page.on(over, (r) => page.streams.delete(r));
  await page.route(stage.url + "/test.js", (route) => route.fulfill({ contentType: "text/javascript", body: script }));
  await page.route(stage.url + "/test", (route) => route.fulfill({ contentType: "text/html", body: `<!doctype html>
    <title>t</title><script type="module">
      import { browserShelf, ChatClient } from "/test.js";
      window.chat = new ChatClient({ shelf: browserShelf("default") });
      window.heard = [];
      chat.on("message", (m) => heard.push(m.content));
      await chat.start();
      window.started = true;
    </script>` }));
  await page.goto(stage.url + "/test");
  await page.waitForFunction(() => window.started);
  return page;
};
const has = (page, text) => page.waitForFunction((t) => chat.state.messages.some((m) => m.content === t && m.delivery === "sent"), text);
const idsOf = (page) => page.evaluate(() => chat.state.messages.map((m) => m.id));
const online = (page) => page.waitForFunction(() => chat.state.connection === "online");
const reading = (tabs) => tabs.filter((tab) => tab.streams.size > 0);

test("seven tabs read one stream; when the reading tab goes, the next goes on without gap or doubling", async () => {
  const context = await browser.newContext();
  const first = await openTab(context);
  await first.evaluate(() => chat.send("first"));
  await first.evaluate(() => chat.escalate());
  await online(first);
  let tabs = [first];
  for (let i = 0; i < 6; i++) tabs.push(await openTab(context));
  for (const tab of tabs) await online(tab);
  assert.equal(reading(tabs).length, 1);
  const chat = await first.evaluate(() => chat.state.chatId);
  await stage.call("join", { agent: "sarah", chat });
  let n = 0;
  for (; n < 4; n++) {
    await stage.call("say", { agent: "sarah", chat, text: `n${n}` });
    const [leader] = reading(tabs);
    if (leader) {
      tabs = tabs.filter((tab) => tab !== leader);
      await leader.close();
    }
    for (const tab of tabs) await has(tab, `n${n}`);
  }
  assert.ok(tabs.length < 7);
  const ids = await idsOf(tabs[0]);
  for (const tab of tabs) {
    assert.deepEqual(await idsOf(tab), ids);
    const heard = (await tab.evaluate(() => heard)).filter((text) => /^n\d/.test(text));
    assert.deepEqual(heard, ["n0", "n1", "n2", "n3"]);
  }
  await context.close();
});

test("tabs that begin at the same time write into one chat, and forgetting it in one is for all", async () => {
  const context = await browser.newContext();
  const tabs = [await openTab(context), await openTab(context)];
  await Promise.all(tabs.map((tab, i) => tab.evaluate((text) => chat.send(text), `of tab ${i}`)));
  for (const tab of tabs) for (const i of [0, 1]) await has(tab, `of tab ${i}`);
  const [a, b] = await Promise.all(tabs.map((tab) => tab.evaluate(() => chat.state.chatId)));
  assert.equal(a, b);
  await tabs[0].evaluate(() => chat.forget());
  await tabs[1].waitForFunction(() => chat.state.chatId === "" && chat.state.messages.length === 0);
  await tabs[1].evaluate(() => chat.send("anew"));
  await has(tabs[0], "anew");
  assert.equal((await idsOf(tabs[0])).length > 0, true);
  assert.notEqual(await tabs[0].evaluate(() => chat.state.chatId), a);
  await context.close();
});

test("a closed chat that one tab opens again is live in the other", async () => {
  const context = await browser.newContext();
  const tabs = [await openTab(context), await openTab(context)];
  await tabs[0].evaluate(() => chat.send("first"));
  await has(tabs[1], "first");
  await tabs[1].evaluate(() => chat.end());
  for (const tab of tabs) await tab.waitForFunction(() => chat.state.status === "closed" && chat.state.connection === "idle");
  await tabs[0].evaluate(() => chat.send("again"));
  for (const tab of tabs) {
    await has(tab, "again");
    await online(tab);
    assert.notEqual(await tab.evaluate(() => chat.state.status), "closed");
  }
  await context.close();
});
