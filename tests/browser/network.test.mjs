/* The network goes away and comes back; the daemon dies and comes back; nothing is lost or doubled. */
import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { test } from "node:test";
import { agentCall, consoleOf, waitingOf } from "./desk.mjs";
import { chatOf, openPage } from "./stage.mjs";
import { ask, joined, launch, openHost, openWidget, wait, write } from "./widget.mjs";
import { browser, scene, stage } from "./scene.mjs";

scene();

/* The way to the daemon; while it is cut, connections end by a reset. */
async function openWay(port) {
  const open = new Set();
  let cut = false;
  let told = "";
  const server = createServer((near) => {
    if (cut) return near.resetAndDestroy();
    const far = connect(port, "127.0.0.1");
    for (const [one, other] of [[near, far], [far, near]]) {
      open.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
    far.on("data", (bytes) => { told += bytes.toString("latin1"); });
    return undefined;
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut: () => {
      cut = true;
      for (const socket of open) socket.resetAndDestroy();
    },
    /* What the daemon said since the last cut, as bytes. */
    told: () => told,
    mend: () => {
      cut = false;
      told = "";
    },
    close: () => {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}

const texts = async (page, kind) => (await page.locator(`parley-chat article.${kind} .text`).allInnerTexts());
const said = (page, text) => page.locator("parley-chat article", { hasText: text }).waitFor();
const online = (page) => page.waitForFunction(() =>
  document.querySelector("parley-chat").shadowRoot.querySelector("[role=status]").textContent === "");
const begin = async (url) => {
  const page = await openPage(await browser.newContext({ locale: "en-GB" }), url);
  await page.locator("parley-chat textarea").waitFor();
  await ask(page, "first");
  await page.getByRole("button", { name: "Talk to a human" }).click();
  await page.getByText("Connecting you").waitFor();
  return page;
};
const delivered = (page, text) => page.waitForFunction((wanted) =>
  [...document.querySelector("parley-chat").shadowRoot.querySelectorAll("article.mine")]
    .some((a) => a.textContent.includes(wanted) && !a.querySelector(".state:not(:empty)")), text);

test("what is written offline goes out when the network is back, once", async () => {
  const page = await begin(stage.url);
  const { id: chat } = await chatOf(page);
  await joined(stage, page, chat);
  await page.context().setOffline(true);
  await write(page, "written offline");
  await page.getByText("Sending…").waitFor();
  await page.context().setOffline(false);
  await delivered(page, "written offline");
  assert.equal(await stage.call("hears", { agent: "sarah", chat, text: "written offline" }), "Customer");
  await page.reload();
  await said(page, "written offline");
  assert.deepEqual(await texts(page, "mine"), ["first", "written offline"]);
  await page.context().close();
});

test("a cut connection is said and mended; what was said meanwhile is there", async () => {
  const way = await openWay(new URL(stage.url).port);
  const page = await begin(way.url);
  const { id: chat } = await chatOf(page);
  await stage.call("join", { agent: "sarah", chat });
  await page.locator("parley-chat .notice", { hasText: "✅" }).waitFor();
  way.cut();
  await page.getByRole("status").filter({ hasText: "Reconnecting…" }).waitFor();
  await stage.call("say", { agent: "sarah", chat, text: "said while it was cut" });
  way.mend();
  await said(page, "said while it was cut");
  await online(page);
  assert.deepEqual(page.faults, []);
  await page.context().close();
  way.close();
});

test("what cannot be sent is said to be, and is sent again on demand, once", async () => {
  const way = await openWay(new URL(stage.url).port);
  const page = await begin(way.url);
  /* Only what is sent is lost: when the stream comes back, the page sends by itself. */
  await page.route("**/messages", (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
  await write(page, "not at once");
  await page.getByRole("alert").filter({ hasText: "no connection" }).waitFor({ timeout: 120_000 });
  await page.unroute("**/messages");
  await page.getByRole("button", { name: "Retry" }).click();
  await delivered(page, "not at once");
  await page.getByRole("alert").filter({ hasText: /^$/ }).waitFor({ state: "attached" });
  assert.deepEqual(await texts(page, "mine"), ["first", "not at once"]);
  await page.context().close();
  way.close();
});

test("what could not be sent goes by itself when the connection is back, and nothing is said to be wrong any more", async () => {
  const way = await openWay(new URL(stage.url).port);
  const page = await begin(way.url);
  await page.route("**/messages", (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
  await write(page, "by itself");
  await page.getByRole("alert").filter({ hasText: "no connection" }).waitFor({ timeout: 120_000 });
  await page.unroute("**/messages");
  way.cut();
  way.mend();
  await delivered(page, "by itself");
  await page.getByRole("alert").filter({ hasText: /^$/ }).waitFor({ state: "attached" });
  assert.deepEqual(await texts(page, "mine"), ["first", "by itself"]);
  await page.context().close();
  way.close();
});

test("a reload keeps a message that was not sent", async () => {
  const page = await begin(stage.url);
  await page.route("**/messages", (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
  await write(page, "survives a reload");
  await page.getByText("Sending…").waitFor();
  await page.unroute("**/messages");
  await page.reload();
  await delivered(page, "survives a reload");
  assert.deepEqual(await texts(page, "mine"), ["first", "survives a reload"]);
  await page.context().close();
});

test("the daemon is killed in mid-chat and started again: the chat goes on", async () => {
  const host = await openHost(stage);
  await host.list();
  const page = await openWidget(browser, host.url);
  await wait(page, "before the end");
  const { id: chat } = await chatOf(page);
  await joined(stage, page, chat, "tom");
  await stage.call("say", { agent: "tom", chat, text: "I look it up" });
  await said(page, "I look it up");
  await stage.call("kill");
  await page.getByRole("status").filter({ hasText: "Reconnecting…" }).waitFor();
  await write(page, "written to nobody");
  await page.getByText("Sending…").waitFor();
  await stage.call("restart");
  await delivered(page, "written to nobody");
  await online(page);
  await stage.call("again", { agent: "tom", chat });
  await stage.call("say", { agent: "tom", chat, text: "here I am again" });
  await said(page, "here I am again");
  assert.deepEqual(await texts(page, "mine"), ["before the end", "written to nobody"]);
  assert.equal((await texts(page, "agent")).filter((text) => text === "I look it up").length, 1);
  await page.reload();
  await launch(page);
  await said(page, "here I am again");
  assert.deepEqual(await texts(page, "mine"), ["before the end", "written to nobody"]);
  assert.deepEqual(page.faults, []);
  await page.context().close();
  await host.close();
});

test("a page that is loaded while the daemon is away has its chat when it is back", async () => {
  const host = await openHost(stage);
  await host.list();
  const page = await openWidget(browser, host.url);
  await launch(page);
  await ask(page, "remember me");
  await page.route("**/api/**", (route) => route.abort());
  await page.reload();
  await launch(page);
  await page.getByRole("status").filter({ hasText: "Reconnecting…" }).waitFor();
  await page.unroute("**/api/**");
  await said(page, "remember me");
  await page.context().close();
  await host.close();
});

test("a console that was cut off shows what came meanwhile, and loads nothing anew", async () => {
  const way = await openWay(new URL(stage.url).port);
  const door = await consoleOf(stage, browser, "nina");
  const kept = await waitingOf(stage, { name: "Kept" });
  const taken = await waitingOf(stage, { name: "Taken" });
  const page = await openPage(door.context(), way.url + "/app/chats");
  await door.close();
  const row = (chat) => page.locator(`[data-chat="${chat}"]`);
  await row(taken.chat).getByText("Needs response").waitFor();
  await row(kept.chat).evaluate((element) => { element.kept = true; });
  const cut = async () => {
    way.cut();
    await page.getByText("Reconnecting…").waitFor();
  };
  const back = async (chat, text) => {
    way.mend();
    await row(chat).getByText(text).waitFor();
    await page.getByText("Reconnecting…").waitFor({ state: "detached" });
    assert.match(way.told(), /text\/event-stream/);
    assert.doesNotMatch(way.told(), /event: (reset|snapshot)|"items"/);
    assert.equal(await row(kept.chat).evaluate((element) => element.kept), true);
  };
  await cut();
  await agentCall(stage, "tom", "POST", `/api/chats/${taken.chat}/assign`);
  const come = await waitingOf(stage, { name: "Come meanwhile" });
  await back(come.chat, "Needs response");
  await row(taken.chat).locator(".badge.assigned", { hasText: "Tom" }).waitFor();

  await cut();
  await stage.call("kill");
  await stage.call("restart");
  await agentCall(stage, "sarah", "POST", `/api/chats/${come.chat}/assign`);
  await back(come.chat, "Sarah");
  assert.deepEqual(page.faults, []);
  await page.context().close();
  way.close();
});
