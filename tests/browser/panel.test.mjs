/* What a customer can do in the panel. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { chatOf, openPage } from "./stage.mjs";
import { ask, joined, launch, openWidget, wait, write } from "./widget.mjs";
import { browser, host, scene, stage } from "./scene.mjs";

scene({ pages: {} });

const menu = async (page, name) => {
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("button", { name }).click();
};

test("ending asks first; afterwards a new chat can be begun, and nothing of the old one is kept", async () => {
  const page = await openWidget(browser, host.url);
  await launch(page);
  await ask(page, "a short question");
  await menu(page, "End chat");
  assert.equal(await page.locator("parley-chat").evaluate((e) => e.shadowRoot.activeElement.textContent), "No");
  await page.keyboard.press("Escape");
  assert.ok(await page.locator("parley-chat textarea").isVisible(), "Escape takes it back, and leaves the panel open");
  await menu(page, "End chat");
  await page.getByRole("button", { name: "Yes, end it" }).click();
  await page.getByText("This chat has been closed.").waitFor();
  assert.equal(await page.locator("parley-chat .human").count(), 0);
  await page.getByRole("button", { name: "Start a new chat" }).click();
  await page.locator("parley-chat article").first().waitFor({ state: "detached" });
  await page.waitForFunction(() => document.querySelector("parley-chat").shadowRoot.activeElement?.tagName === "TEXTAREA");
  assert.equal(await chatOf(page), null);
  await ask(page, "another question");
  assert.equal(await page.locator("parley-chat article.mine").count(), 1);
  await page.context().close();
});

test("the transcript is a text file with the whole conversation, also what is not shown", async () => {
  const page = await openPage(await browser.newContext({ locale: "en-GB" }), stage.url);
  await page.locator("textarea").waitFor();
  await ask(page, "number 0");
  const { id: chat, token } = await chatOf(page);
  await page.getByRole("button", { name: "Talk to a human" }).click();
  await page.getByText("Connecting you").waitFor();
  for (let n = 1; n <= 130; n++) {
    const answer = await fetch(`${stage.url}/api/chats/${chat}/messages`, {
      method: "POST", body: JSON.stringify({ content: `number ${n}` }),
      headers: { Authorization: "Bearer " + token, "Content-Type": "application/json" },
    });
    assert.equal(answer.ok, true);
  }
  await page.reload();
  await page.locator("article", { hasText: "number 130" }).waitFor();
  assert.equal(await page.locator("article", { hasText: /number 0$/ }).count(), 0);
  const saving = page.waitForEvent("download");
  await menu(page, "Download transcript");
  const file = await saving;
  assert.match(file.suggestedFilename(), /^chat-\d{4}-\d\d-\d\d\.txt$/);
  const lines = readFileSync(await file.path(), "utf8").split("\r\n");
  const mine = lines.filter((line) => /^\[\d{4}-\d\d-\d\d \d\d:\d\d\] You: number \d+$/.test(line));
  assert.deepEqual(mine.map((line) => Number(line.match(/\d+$/)[0])), Array.from({ length: 131 }, (_, n) => n));
  assert.ok(lines.some((line) => line.includes("* ⏱️ Connecting you")));

  const log = page.getByRole("log");
  await log.evaluate((element) => {
    window.seen = [];
    new MutationObserver((changes) => {
      for (const change of changes)
        for (const node of change.addedNodes)
          if (node.tagName === "ARTICLE") window.seen.push(element.getAttribute("aria-busy"));
    }).observe(element, { childList: true });
  });
  await page.getByRole("button", { name: "Show earlier messages" }).click();
  await page.locator("article", { hasText: /number 0$/ }).waitFor();
  assert.deepEqual([...new Set(await page.evaluate(() => window.seen))], ["true"], "history is no news");
  await page.waitForFunction(() => document.querySelector("parley-chat").shadowRoot
    .querySelector("[role=log]").getAttribute("aria-busy") === "false");
  await page.context().close();
});

test("who reads back stays there: while earlier messages are fetched, and after that has failed", async () => {
  const page = await openPage(await browser.newContext(), stage.url);
  await page.locator("textarea").waitFor();
  await ask(page, "number 0");
  const { id: chat, token } = await chatOf(page);
  await page.getByRole("button", { name: "Talk to a human" }).click();
  await page.getByText("Connecting you").waitFor();
  const say = async (content) => {
    const answer = await fetch(`${stage.url}/api/chats/${chat}/messages`, { method: "POST", body: JSON.stringify({ content }),
      headers: { Authorization: "Bearer " + token, "Content-Type": "application/json" } });
    assert.equal(answer.ok, true);
  };
  for (let n = 1; n <= 130; n++) await say(`number ${n}`);
  await page.reload();
  await page.locator("article", { hasText: "number 130" }).waitFor();
  const read = page.locator("article", { hasText: /number 60$/ });
  await page.locator(".log").evaluate((element) => {
    element.scrollTop = 0;
    return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  });
  let y;
  const stays = async () => assert.ok(Math.abs((await read.boundingBox()).y - y) < 2);
  const comes = async (text) => {
    await say(text + "\nsecond line\nthird line");
    await page.locator("article", { hasText: text }).waitFor();
    await stays();
  };
  let fetching = (route) => route.abort();
  await page.route("**/messages?before=*", (route) => fetching(route));
  const older = page.getByRole("button", { name: "Show earlier messages" });
  await older.click();
  await page.waitForFunction(() => document.querySelector("parley-chat").shadowRoot.activeElement?.role === "log");
  ({ y } = await read.boundingBox());
  await comes("after a failure");
  let open;
  const gate = new Promise((done) => { open = done; });
  fetching = (route) => gate.then(() => route.continue());
  await older.click();
  await comes("meanwhile");
  open();
  await page.locator("article", { hasText: /number 0$/ }).waitFor();
  await stays();
  await page.context().close();
});

test("typing and reading go both ways, and a line is heard once", async () => {
  const page = await openWidget(browser, host.url);
  await wait(page);
  const status = page.getByRole("status");
  await page.waitForFunction(() => /number \d+ in the queue/.test(
    document.querySelector("parley-chat").shadowRoot.querySelector("[role=status]").textContent));
  assert.doesNotMatch(await status.innerText(), /Connecting/, "what stands in the log is not said again");
  const { id: chat } = await chatOf(page);
  await joined(stage, page, chat);
  assert.equal(await page.locator("parley-chat .attach").count(), 0, "files are not taken here");
  assert.equal(await status.innerText(), "");
  await stage.call("state", { agent: "sarah", chat, state: "composing" });
  await page.getByText("Sarah is typing…").waitFor();
  await stage.call("say", { agent: "sarah", chat, text: "I am here" });
  await page.locator("article.agent", { hasText: "I am here" }).waitFor();
  assert.equal(await page.getByText("Sarah is typing…").count(), 0);
  await write(page, "good");
  await page.locator("article.mine", { hasText: "good" }).waitFor();
  await stage.call("hears", { agent: "sarah", chat, text: "good" });
  await stage.call("displayed", { agent: "sarah", chat, text: "good" });
  await page.locator("article.mine", { hasText: "good" }).getByText("Seen").waitFor();
  await stage.call("leave", { agent: "sarah", chat });
  await page.context().close();
});

test("what comes while the panel is closed is counted, in the title too, and after a reload", async () => {
  const page = await openWidget(browser, host.url);
  await wait(page);
  const { id: chat } = await chatOf(page);
  await joined(stage, page, chat, "tom");
  await page.keyboard.press("Escape"); /* the focus is in the box again, though the button that was pressed is gone */
  await stage.call("say", { agent: "tom", chat, text: "one" });
  await stage.call("say", { agent: "tom", chat, text: "two" });
  await page.getByRole("button", { name: "Open chat, 2 unread messages" }).waitFor();
  await page.reload();
  await page.getByRole("button", { name: "Open chat, 2 unread messages" }).waitFor();
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  assert.equal(await page.title(), "(2) A shop");
  await page.evaluate(() => {
    delete document.hidden;
    document.dispatchEvent(new Event("visibilitychange"));
  });
  assert.equal(await page.title(), "A shop");
  const twin = await openPage(page.context(), host.url);
  await twin.locator("parley-chat .badge", { hasText: "2" }).waitFor();
  await launch(page);
  await page.getByRole("button", { name: "Close chat" }).first().waitFor();
  await twin.locator("parley-chat .badge").waitFor({ state: "detached" });
  await page.context().close();
});

test("an input method's Enter and Escape are its own; Shift and Enter makes a line", async () => {
  const page = await openWidget(browser, host.url);
  await launch(page);
  const box = page.locator("parley-chat textarea");
  await box.fill("にほん");
  for (const key of ["Enter", "Escape"]) {
    await box.evaluate((element, name) => element.dispatchEvent(
      new KeyboardEvent("keydown", { key: name, isComposing: true, bubbles: true, composed: true, cancelable: true })), key);
  }
  assert.equal(await box.inputValue(), "にほん");
  assert.equal(await page.locator("parley-chat article").count(), 0);
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("b");
  assert.equal(await box.inputValue(), "にほん\nb");
  await page.reload();
  await launch(page);
  assert.equal(await box.inputValue(), "にほん\nb", "a draft is kept");
  await page.context().close();
});

test("other languages come as they are asked for, and right to left where it is so", async () => {
  const context = await browser.newContext({ locale: "fr-CA" });
  const page = await openPage(context, stage.url);
  await page.getByRole("heading", { name: "Chat d’assistance" }).waitFor();
  await ask(page, "J'ai une question");
  await page.getByRole("button", { name: "Parler à une personne" }).click();
  await page.getByText("Nous vous mettons en relation avec un conseiller").waitFor();
  await stage.call("join", { agent: "tom", chat: (await chatOf(page)).id });
  await page.getByText("Tom, du service client, a rejoint le chat").waitFor();
  await context.close();
  const arabic = await openWidget(browser, host.url + "/ar");
  await arabic.getByRole("button", { name: "فتح المحادثة" }).waitFor();
  await launch(arabic);
  const at = await arabic.locator("parley-chat .launcher").boundingBox();
  assert.ok(at.x < 100, "the launcher stands where lines end");
  await ask(arabic, "سؤال");
  const own = await arabic.locator("parley-chat article.mine").boundingBox();
  const other = await arabic.locator("parley-chat article.assistant").boundingBox();
  assert.ok(own.x < other.x, "own messages stand where lines end");
  await arabic.context().close();
  const unknown = await openWidget(browser, host.url, { locale: "fi-FI" });
  await unknown.getByRole("button", { name: "Open chat" }).waitFor();
  await unknown.context().close();
});
