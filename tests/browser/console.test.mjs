/* The agents' console: the specification's scenarios 2 and 3 by clicks. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { agentCall, consoleOf, customerOf, focusIs, openChat, waitingOf, write } from "./desk.mjs";
import { axe } from "./widget.mjs";
import { chatOf, openBrowser, openPage, openStage } from "./stage.mjs";

let stage;
let browser;

const SECRET = "k2Jc0v6m3QyYx0t5o8Zb1Wn4r7Ue9Ai2Ld5Gh8Fj1Ks=";
const folder = mkdtempSync(join(tmpdir(), "parley-console-"));

before(async () => {
  const file = join(folder, "identity");
  writeFileSync(file, SECRET, { mode: 0o600 });
  [stage, browser] = await Promise.all([
    openStage({ organizations: [{ name: "default", identity_secret_file: file }] }), openBrowser()]);
});
after(async () => {
  rmSync(folder, { recursive: true });
  await browser?.close();
  await stage?.close();
});

const signIn = (agent) => consoleOf(stage, browser, agent);

const waiting = async (text) => {
  const page = await openPage(await browser.newContext(), stage.url);
  await write(page, text);
  await page.locator("article.assistant").first().waitFor();
  await page.getByRole("button", { name: "Talk to a human" }).click();
  await page.getByText("Connecting you to a support agent. Please wait...").first().waitFor();
  return { page, chat: (await chatOf(page)).id };
};

test("an escalated chat is found in the queue, taken and answered; both sides talk", async () => {
  const console_ = await signIn("sarah");
  const { page: customer, chat } = await waiting("My invoice is wrong");
  const row = console_.locator(`[data-chat="${chat}"]`);
  await row.getByText("🚨").waitFor();
  assert.match(await row.getAttribute("class"), /waiting/);
  await console_.getByRole("link", { name: /Needs Response/ }).click();
  await row.getByText("Needs response").waitFor();
  await row.getByRole("link").click();
  await console_.locator("article", { hasText: "My invoice is wrong" }).waitFor();
  assert.equal(await customer.getByText("has joined the chat").count(), 0, "reading claims nothing");

  await console_.getByRole("button", { name: "Assign to Me" }).click();
  await customer.getByText("Support Agent Sarah has joined the chat").waitFor();
  await write(console_, "Hi! I'm here to help");
  await customer.getByText("Hi! I'm here to help").waitFor();
  await customer.locator("textarea").pressSequentially("It sa");
  await console_.locator("p.typing", { hasText: "is typing" }).waitFor();
  await write(customer, "It says twice the price");
  await console_.locator("article.user", { hasText: "It says twice the price" }).waitFor();
  await console_.getByText("Seen").waitFor();

  await console_.getByRole("link", { name: /Assigned Chats/ }).click();
  await row.locator(".badge.assigned", { hasText: "Sarah" }).waitFor();
  await console_.reload();
  await console_.locator("article", { hasText: "It says twice the price" }).waitFor();
  assert.deepEqual(console_.faults, []);
  assert.deepEqual(customer.faults, []);
});

test("a note is seen by staff in console and client, and never by the customer", async () => {
  const console_ = await signIn("tom");
  const { page: customer, chat } = await waiting("Where is my parcel?");
  await console_.locator(`[data-chat="${chat}"]`).getByRole("link").click();
  await console_.getByRole("button", { name: "Assign to Me" }).click();
  await customer.getByText("Support Agent Tom has joined the chat").waitFor();
  await console_.getByLabel("Internal note").check();
  await write(console_, "customer is difficult");
  await console_.locator("article.note", { hasText: "customer is difficult" }).waitFor();
  const seen = await stage.call("join", { agent: "nina", chat });
  assert.ok(seen.some((line) => line.includes("customer is difficult")));
  await console_.getByLabel("Reply").check();
  await write(console_, "It is on its way");
  await customer.getByText("It is on its way").waitFor();
  assert.equal(await customer.getByText("difficult").count(), 0);
});

test("console and XMPP client of an agent are one occupant", async () => {
  const console_ = await signIn("sarah");
  const { page: customer, chat } = await waiting("Can I change my order?");
  await stage.call("join", { agent: "sarah", chat });
  await customer.getByText("Support Agent Sarah has joined the chat").waitFor();
  await console_.locator(`[data-chat="${chat}"]`).getByRole("link").click();
  await stage.call("say", { agent: "sarah", chat, text: "said in the client" });
  await console_.locator("article.mine", { hasText: "said in the client" }).waitFor();
  await write(console_, "said in the console");
  assert.equal(await stage.call("hears", { agent: "sarah", chat, text: "said in the console" }), "Sarah");
  assert.equal(await customer.getByText("has joined the chat").count(), 1);
  await console_.getByRole("button", { name: "Close chat" }).click();
  await console_.locator(`[data-chat="${chat}"]`).getByText("Closed").waitFor();
  await customer.getByRole("button", { name: "Start a new chat" }).waitFor();
});

test("a chat is offered to a colleague, who takes it; the customer sees who leaves and who joins", async () => {
  const [console_, other] = [await signIn("sarah"), await signIn("tom")];
  const { page: customer, chat } = await waiting("I was charged twice");
  await openChat(console_, chat);
  await console_.getByRole("button", { name: "Assign to Me" }).click();
  await customer.getByText("Support Agent Sarah has joined the chat").waitFor();
  await console_.getByRole("button", { name: "Transfer…" }).click();
  await console_.getByRole("radio", { name: /Tom/ }).check();
  await console_.getByLabel("Note for the colleague").fill("knows billing");
  await console_.getByRole("button", { name: "Offer" }).click();
  await console_.getByText("Offered to Tom").waitFor();
  await console_.locator("article.note", { hasText: "knows billing" }).waitFor();

  const row = other.locator(`[data-chat="${chat}"]`);
  await row.getByText("Offered to you").waitFor();
  await openChat(other, chat);
  await other.getByText("Sarah offers you this chat.").waitFor();
  await other.getByRole("button", { name: "Decline" }).click();
  await console_.getByText("Offered to Tom").waitFor({ state: "detached" });
  await console_.getByRole("button", { name: "Transfer…" }).click();
  await console_.getByRole("radio", { name: /Tom/ }).check();
  await console_.keyboard.press("Enter");
  await other.getByRole("button", { name: "Take the chat" }).click();
  await customer.getByText("Support Agent Sarah has left the chat").waitFor();
  await customer.getByText("Support Agent Tom has joined the chat").waitFor();
  await focusIs(other, "Reply to the customer");
  await write(other, "I give it back to you");
  await customer.getByText("I give it back to you").waitFor();
  await console_.locator(".chat .badge.assigned", { hasText: "Tom" }).waitFor();
  /* who lost the chat writes notes only */
  await console_.getByRole("radio", { name: "Internal note", checked: true }).waitFor();

  await other.getByRole("button", { name: "Transfer…" }).click();
  await other.getByRole("radio", { name: /Back to the queue/ }).check();
  await other.getByRole("button", { name: "Give back" }).click();
  await row.getByText("Needs response").waitFor();
  await customer.getByText("Support Agent Tom has left the chat").waitFor();
  assert.deepEqual([...console_.faults, ...other.faults], []);
});

test("what is known of a customer stands beside the chat and can be set right", async () => {
  const customer = await waitingOf(stage, { name: "Alice", page: "https://shop.example/cart", locale: "en-GB" });
  const console_ = await signIn("sarah");
  await console_.locator(`[data-chat="${customer.chat}"]`).waitFor();
  await openChat(console_, customer.chat);
  const facts = console_.getByRole("complementary", { name: "Customer" });
  for (const text of ["Alice", "https://shop.example/cart", "en-GB", "Begun"]) await facts.getByText(text, { exact: true }).waitFor();
  await facts.getByRole("button", { name: "Change name or e-mail" }).click();
  await focusIs(console_, "Name");
  await console_.keyboard.press("Control+A");
  await console_.keyboard.type("Alicia");
  await console_.getByLabel("E-mail").fill("alicia@example.org");
  await console_.keyboard.press("Enter");
  await facts.getByText("alicia@example.org").waitFor();
  await focusIs(console_, "Change name or e-mail");
  await console_.getByRole("heading", { name: "Alicia" }).waitFor();
  await console_.locator(`[data-chat="${customer.chat}"] .name`, { hasText: "Alicia" }).waitFor();
  const { customer: stored } = await agentCall(stage, "tom", "GET", "/api/chats/" + customer.chat);
  assert.deepEqual([stored.name, stored.email], ["Alicia", "alicia@example.org"]);
});

test("a list that was read before a change and arrives after it does not undo the change", async () => {
  const console_ = await signIn("nina");
  const customer = await customerOf(stage, { name: "Before" });
  await customer.say("I have a question");
  const row = console_.locator(`[data-chat="${customer.chat}"]`);
  await row.getByText("With the assistant").waitFor();
  await console_.getByRole("link", { name: /Needs Response/ }).click();
  await row.waitFor({ state: "detached" });
  let hold;
  const held = new Promise((done) => { hold = done; });
  await console_.route("**/api/chats?filter=all", async (route) => {
    const answer = await route.fetch();
    const list = await answer.json();
    const old = list.items.find(({ id }) => id === customer.chat);
    assert.equal(old.escalationReason, null);
    hold(() => route.fulfill({ response: answer,
      json: { ...list, items: [...list.items, { ...old, id: "another", escalationReason: "the list is here" }] } }));
  });
  await console_.getByRole("link", { name: /All Chats/ }).click();
  const arrive = await held;
  await customer.escalate("I need a person");
  await row.locator(".reason", { hasText: "I need a person" }).waitFor();
  await arrive();
  await console_.getByText("the list is here").waitFor();
  assert.equal(await row.locator(".reason").count(), 1);
  await console_.context().close();
});

/* The page says it is hidden, and what calls its agent is written down. */
const watched = async (agent, hidden) => {
  const page = await signIn(agent);
  await page.context().grantPermissions(["notifications"], { origin: stage.url });
  await page.addInitScript((isHidden) => {
    Object.defineProperty(document, "visibilityState", { get: () => (isHidden ? "hidden" : "visible") });
    window.calls = [];
    const Real = window.Notification;
    window.Notification = class extends Real {
      constructor(title, options) {
        super(title, options);
        window.calls.push(`${title}: ${options.body}`);
      }
    };
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...rest) {
      window.calls.push("sound");
      return start.apply(this, rest);
    };
  }, hidden);
  await page.reload();
  await page.getByRole("heading", { name: "Chats", exact: true }).waitFor();
  return page;
};

const wished = async (page) => {
  await page.getByText("Settings").click();
  for (const name of [/Notify me/, /Sound/]) {
    await page.getByRole("checkbox", { name }).click();
    await page.getByRole("checkbox", { name, checked: true }).waitFor();
  }
};

test("a page out of sight calls its agent by notification and sound, once that was asked for", async () => {
  const page = await watched("nina", true);
  const called = (text) => page.waitForFunction((wanted) => window.calls.includes(wanted), text);
  const early = await waitingOf(stage, { name: "Early" });
  await page.locator(`[data-chat="${early.chat}"]`).waitFor();
  assert.deepEqual(await page.evaluate(() => window.calls), [], "nothing unless asked for");
  await wished(page);
  await page.reload();
  await page.getByText("Settings").click();
  await page.getByRole("checkbox", { name: /Notify me/, checked: true }).waitFor();
  await page.locator(`[data-chat="${early.chat}"]`).waitFor();
  const late = await waitingOf(stage, { name: "Late" }, "Hello", "refund");
  await called("Late waits: refund");
  await called("sound");
  await agentCall(stage, "nina", "POST", `/api/chats/${late.chat}/assign`);
  await page.locator(`[data-chat="${late.chat}"] .badge.assigned`).waitFor();
  await early.say("not my customer");
  await late.say("are you there?");
  await called("Late: are you there?");
  assert.deepEqual(await page.evaluate(() => window.calls.filter((call) => call.startsWith("Early"))), []);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test("a page in sight makes no sound and no notification", async () => {
  const page = await watched("nina", false);
  await wished(page);
  const seen = await waitingOf(stage, { name: "Seen" });
  await page.locator(`[data-chat="${seen.chat}"]`).waitFor();
  assert.deepEqual(await page.evaluate(() => window.calls), []);
  await page.context().close();
});

test("a canned reply is made, found by its name and keys, and sent", async () => {
  const { page: customer, chat } = await waiting("When do you open?");
  const console_ = await signIn("sarah");
  await openChat(console_, chat);
  await console_.getByRole("button", { name: "Assign to Me" }).click();
  await console_.getByRole("button", { name: "Canned replies…" }).click();
  const dialog = console_.getByRole("dialog");
  for (const [name, text] of [["hours", "We open at 9."], ["hello", "Hello, how can I help?"], ["bye", "Good bye!"]]) {
    await dialog.getByLabel("Name of a new one").fill(name);
    await dialog.getByLabel("Text").fill(text);
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByText("/" + name).waitFor();
  }
  await axe(console_, "canned replies", "html");
  await dialog.getByRole("button", { name: "Delete bye" }).click();
  await dialog.getByText("/bye").waitFor({ state: "detached" });
  await dialog.getByRole("button", { name: "Edit hours" }).click();
  await dialog.getByLabel("Text").fill("We open at 10.");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("We open at 10.").waitFor();
  await console_.keyboard.press("Escape");
  await focusIs(console_, "Canned replies…");

  const box = console_.getByRole("textbox", { name: "Reply to the customer" });
  await box.focus();
  await console_.keyboard.type("/h");
  await console_.getByRole("option", { name: /hello/, selected: true }).waitFor();
  await axe(console_, "canned replies are offered", "html");
  await console_.keyboard.press("ArrowDown");
  await console_.getByRole("option", { name: /hours/, selected: true }).waitFor();
  assert.equal(await box.getAttribute("aria-activedescendant"), await console_.getByRole("option", { selected: true }).getAttribute("id"));
  await console_.keyboard.press("Enter");
  await console_.waitForFunction(() => document.querySelector("#text").value === "We open at 10.");
  await focusIs(console_, "Reply to the customer");
  await console_.keyboard.type(" See you!");
  await console_.keyboard.press("Enter");
  await customer.getByText("We open at 10. See you!").waitFor();
  await console_.keyboard.type("/he");
  await console_.waitForFunction(() => document.querySelectorAll("[role=option]").length === 1);
  await console_.keyboard.press("Escape");
  await console_.getByRole("option").waitFor({ state: "detached" });
  await console_.keyboard.press("Enter");
  await customer.getByText("/he", { exact: true }).waitFor();
  assert.deepEqual(console_.faults, []);
});

/* As docs/WIDGET.md shows it. */
const sign = (claims) => {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const words = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${words}.${createHmac("sha256", SECRET).update(words).digest("base64url")}`;
};

test("the agent sees whom the site's signature says the customer is", async () => {
  const ask = async (path, body, token) => (await fetch(stage.url + path, { method: "POST", body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", ...(token ? { Authorization: "Bearer " + token } : {}) } })).json();
  const userToken = sign({ sub: "user 7", name: "Zoe", email: "zoe@shop.example", exp: Math.floor(Date.now() / 1000) + 600 });
  const { chat, token } = await ask("/api/chats", { userToken });
  await ask("/api/escalations", { chatId: chat.id }, token);
  const page = await signIn("sarah");
  await page.goto(`${stage.url}/app/chats/${chat.id}`);
  const facts = page.getByRole("complementary", { name: "Customer" });
  await facts.getByText("zoe@shop.example").waitFor();
  assert.match(await facts.textContent(), /Verified asuser 7/);
  await page.context().close();
});
