/* The widget in pages of other origins: what they must allow, and what they can tell it. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser, openPage, openStage } from "./stage.mjs";
import { ask, launch, openHost, openWidget, wait, joined, write } from "./widget.mjs";

let stage;
let browser;
let host;
let stranger;

const COMMANDS = `
  var news = window.news = [];
  ["ready", "open", "close", "message:sent", "message:received", "escalated", "agent_joined", "agent_left", "typing",
   "unread", "connection", "ended", "error"].forEach(function (name) {
    Parley("on", name, function (detail) { news.push([name, detail]); });
  });
  var dropped = Parley("on", "open", function () { news.push(["dropped", null]); });
  if (dropped) dropped();
  document.addEventListener("chat:open", function () { window.bubbled = true; });
  Parley("setAttributes", { name: "Zoe", email: "zoe@shop.example" });
  Parley("startChat", { text: "said before it was loaded" });`;

before(async () => {
  [stage, browser] = await Promise.all([openStage(), openBrowser()]);
  host = await openHost(stage, {
    "/early": (page) => page("", "<script src=/early.js></script>"),
    "/early.js": COMMANDS,
    "/own": (page) => page().replace("<main>", "<parley-chat mode=inline></parley-chat><main>"),
  });
  stranger = await openHost(stage);
  await host.list();
});
after(async () => {
  await browser?.close();
  await host?.close();
  await stranger?.close();
  await stage?.close();
});

const newsOf = (page, name) => page.evaluate((wanted) => window.news.filter(([n]) => n === wanted).map(([, d]) => d), name);
const heard = (page, name) => page.waitForFunction((wanted) => window.news.some(([n]) => n === wanted), name);
const held = (page) => page.evaluate(() => JSON.parse(localStorage.getItem("parley:default:chat")));

test("a listed origin with a strict policy has a whole chat, and no other host is asked", async () => {
  const page = await openWidget(browser, host.url);
  const asked = new Set();
  page.context().on("request", (request) => asked.add(new URL(request.url()).origin));
  await wait(page);
  const { id: chat } = await held(page);
  await joined(stage, page, chat);
  await stage.call("say", { agent: "sarah", chat, text: "Hello from far away" });
  await page.getByText("Hello from far away").waitFor();
  await page.goto(host.url);
  await launch(page);
  await page.getByText("Hello from far away").waitFor();
  for (const origin of asked) assert.ok([host.url, stage.url].includes(origin), origin);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test("an origin that is not listed is told so in the console, and the page is unharmed", async () => {
  const page = await openPage(await browser.newContext(), "about:blank");
  await page.goto(stranger.url);
  const told = page.waitForEvent("console", { predicate: (m) => m.text().startsWith("Parley:") });
  await launch(page);
  assert.match((await told).text(), new RegExp(`does not answer pages of ${stranger.url}`));
  await write(page, "anybody there?");
  await page.locator("parley-chat .state").waitFor();
  assert.equal(await held(page), null);
  await page.getByRole("button", { name: "Buy" }).click();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test("commands given before the script is there are done, and events tell what happens", async () => {
  const page = await openPage(await browser.newContext({ locale: "en-GB" }), host.url + "/early");
  await page.locator("parley-chat article.mine", { hasText: "said before it was loaded" }).waitFor();
  await heard(page, "message:received");
  assert.equal((await newsOf(page, "message:sent"))[0].content, "said before it was loaded");
  assert.equal(await page.evaluate(() => window.bubbled), true);
  assert.equal((await newsOf(page, "ready")).length, 1);
  await page.evaluate(() => { window.Parley("escalate", { reason: "by the page" }); });
  await heard(page, "escalated");
  assert.equal((await newsOf(page, "escalated"))[0].reason, "by the page");
  const { id: chat } = await held(page);
  const lines = await stage.call("join", { agent: "tom", chat });
  assert.ok(lines.includes("said before it was loaded"));
  await heard(page, "agent_joined");
  assert.equal((await newsOf(page, "agent_joined"))[0].name, "Tom");
  assert.equal(await page.evaluate(() => window.Parley("open")), undefined);
  await page.evaluate(() => window.Parley("close"));
  await stage.call("state", { agent: "tom", chat, state: "composing" });
  await heard(page, "typing");
  await stage.call("say", { agent: "tom", chat, text: "are you there?" });
  await heard(page, "unread");
  assert.deepEqual(await newsOf(page, "unread"), [{ count: 1 }]);
  assert.equal(await page.locator("parley-chat .badge").innerText(), "1");
  await page.evaluate(() => window.Parley("toggle"));
  await page.waitForFunction(() => window.news.at(-1)[0] === "open" || window.news.at(-2)[0] === "open");
  assert.deepEqual((await newsOf(page, "unread")).at(-1), { count: 0 });
  assert.equal(await stage.call("hears", { agent: "tom", chat, text: "said before it was loaded" }), "Zoe (customer)");
  await page.locator("parley-chat").evaluate((element) => element.chat.end());
  await heard(page, "ended");
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test("a history that comes late is no news, and what comes after it is", async () => {
  const page = await openPage(await browser.newContext({ locale: "en-GB" }), host.url + "/early");
  await heard(page, "message:received");
  await page.route("**/api/**", (route) => route.abort());
  await page.goto(host.url);
  await page.evaluate(() => {
    window.news = [];
    for (const name of ["ready", "message:sent", "message:received"])
      window.Parley("on", name, (detail) => window.news.push([name, detail]));
  });
  await launch(page);
  await page.getByRole("status").filter({ hasText: "Reconnecting…" }).waitFor();
  await page.unroute("**/api/**");
  await page.locator("parley-chat article.assistant").waitFor();
  await ask(page, "and now?");
  await heard(page, "message:received");
  assert.deepEqual((await newsOf(page, "message:sent")).map((m) => m.content), ["and now?"]);
  assert.equal((await newsOf(page, "message:received")).length, 1);
  await page.context().close();
});

test("what came while the open chat was hidden is seen when it is shown", async () => {
  const page = await openPage(await browser.newContext({ locale: "en-GB" }), host.url + "/early");
  await heard(page, "message:received");
  await page.evaluate(() => {
    window.Parley("hide");
    document.querySelector("parley-chat").chat.send("while it is hidden");
  });
  await page.waitForFunction(() => window.news.some(([name, detail]) => name === "unread" && detail.count === 1));
  await page.evaluate(() => window.Parley("show"));
  await page.waitForFunction(() => window.news.findLast(([name]) => name === "unread")[1].count === 0);
  await page.context().close();
});

test("listening ends with what on gave back, also for what was queued", async () => {
  const page = await openWidget(browser, host.url);
  const counts = await page.evaluate(() => {
    let n = 0;
    const off = window.Parley("on", "open", () => n++);
    window.Parley("open");
    off();
    window.Parley("close");
    window.Parley("open");
    return n;
  });
  assert.equal(counts, 1);
  await page.context().close();
});

test("hide, show, setLocale, reset, destroy, and commands that do not exist", async () => {
  const page = await openWidget(browser, host.url);
  const errors = [];
  page.on("console", (m) => m.type() === "error" && errors.push(m.text()));
  await page.evaluate(() => window.Parley("hide"));
  await page.locator("parley-chat .launcher").waitFor({ state: "hidden" });
  await page.evaluate(() => window.Parley("show"));
  await launch(page);
  await page.evaluate(() => window.Parley("setLocale", "de"));
  await page.getByRole("heading", { name: "Support-Chat" }).waitFor();
  await page.evaluate(() => window.Parley("setLocale", "en"));
  await page.getByRole("heading", { name: "Support chat" }).waitFor();
  await ask(page, "to be forgotten");
  await page.locator("parley-chat textarea").fill("a draft");
  await page.evaluate(() => window.Parley("reset"));
  await page.locator("parley-chat article").first().waitFor({ state: "detached" });
  assert.equal(await page.locator("parley-chat textarea").inputValue(), "");
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), []);
  await page.evaluate(() => {
    window.Parley("identify", { token: "x" });
    window.Parley("constructor");
    window.Parley("on", "open");
    window.Parley("setAttributes", { shoeSize: 44 });
    window.Parley("destroy");
    window.Parley("open");
  });
  assert.equal(await page.locator("parley-chat").count(), 0);
  for (const word of ["identify", "constructor", "on needs", "shoeSize", "destroy"])
    assert.ok(errors.some((text) => text.startsWith("Parley:") && text.includes(word)), word);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test("a signed identity goes with the next chat, and not with one after a reset", async () => {
  const page = await openWidget(browser, host.url);
  const sent = [];
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/api/chats")) sent.push(request.postDataJSON().userToken);
  });
  await page.evaluate(() => window.Parley("setUser", { token: "a.b.c" }));
  await launch(page);
  await write(page, "who am I?");
  await page.getByText("Your message was not sent: This organization takes no signed identities.").waitFor();
  await page.evaluate(() => window.Parley("reset"));
  await page.locator("parley-chat article").first().waitFor({ state: "detached" });
  await ask(page, "somebody");
  assert.deepEqual(sent.map((token) => token || null), ["a.b.c", null]);
  await page.context().close();
});

test("an element that stands in the page is used, as part of the page", async () => {
  const page = await openPage(await browser.newContext({ locale: "en-GB" }), host.url + "/own");
  await page.locator("parley-chat textarea").waitFor();
  assert.equal(await page.locator("parley-chat").count(), 1);
  assert.equal(await page.locator("parley-chat .launcher").count(), 0);
  await ask(page, "in the page");
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test("how long it takes from the click to a panel that can be written in", async (t) => {
  const page = await openPage(await browser.newContext(), "about:blank");
  const began = performance.now();
  await page.goto(host.url);
  await page.locator("parley-chat .launcher").waitFor();
  const shown = performance.now() - began;
  const ready = await page.locator("parley-chat").evaluate((element) => new Promise((done) => {
    const button = element.shadowRoot.querySelector(".launcher");
    const start = performance.now();
    const look = () => (element.shadowRoot.activeElement?.tagName === "TEXTAREA"
      ? done(performance.now() - start) : requestAnimationFrame(look));
    button.click();
    look();
  }));
  t.diagnostic(`page asked for to launcher shown: ${shown.toFixed(0)} ms; click to ready: ${ready.toFixed(1)} ms`);
  await page.context().close();
});
