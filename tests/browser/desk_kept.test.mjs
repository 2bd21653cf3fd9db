/* The console does not lose what an agent has written, and says what it cannot do. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { agentCall, consoleOf, customerOf, openChat, waitingOf, write } from "./desk.mjs";
import { openPage } from "./stage.mjs";
import { browser, scene, stage } from "./scene.mjs";

scene();

const box = (page, text) => page.waitForFunction((wanted) => document.querySelector("textarea")?.value === wanted, text);
const done = async (page) => {
  assert.deepEqual(page.faults, []);
  await page.context().close();
};

test("a draft is there again after another chat, and after the chat was closed and opened", async () => {
  const page = await consoleOf(stage, browser, "sarah");
  const one = await waitingOf(stage, { name: "One" });
  const two = await waitingOf(stage, { name: "Two" });
  await openChat(page, one.chat);
  await page.locator("textarea").fill("half a reply");
  await openChat(page, two.chat);
  await box(page, "");
  await page.getByRole("radio", { name: "Internal note" }).check();
  await page.locator("textarea").fill("half a note");
  await openChat(page, one.chat);
  await box(page, "half a reply");
  assert.equal(await page.getByRole("radio", { name: "Reply" }).isChecked(), true);
  await openChat(page, two.chat);
  await box(page, "half a note");
  assert.equal(await page.getByRole("radio", { name: "Internal note" }).isChecked(), true);

  await openChat(page, one.chat);
  const closed = await fetch(`${stage.url}/api/chats/${one.chat}/close`,
    { method: "POST", headers: { Authorization: "Bearer " + one.token } });
  assert.equal(closed.status, 200);
  await page.getByRole("button", { name: "Reopen" }).click();
  await box(page, "half a reply");
  await page.keyboard.press("Enter");
  await page.locator("article.mine", { hasText: "half a reply" }).waitFor();
  await openChat(page, two.chat);
  await openChat(page, one.chat);
  await box(page, "");
  await done(page);
});

test("what is on its way goes on while its agent looks at another chat, and is sent once", async () => {
  const page = await consoleOf(stage, browser, "sarah");
  const one = await waitingOf(stage);
  const two = await waitingOf(stage);
  await agentCall(stage, "sarah", "POST", `/api/chats/${one.chat}/assign`);
  await openChat(page, one.chat);
  await page.getByRole("button", { name: "Close chat" }).waitFor();
  let tries = 0;
  await page.route("**/messages/send", (route) => (++tries > 1 ? route.continue()
    : route.fulfill({ status: 503, contentType: "application/problem+json", headers: { "Retry-After": "2" },
      body: '{"code":"busy","detail":"Later."}' })));
  const sent = page.waitForResponse((answer) => answer.url().endsWith("/messages/send") && answer.ok());
  const refused = page.waitForResponse((answer) => answer.url().endsWith("/messages/send") && answer.status() === 503);
  await write(page, "the answer");
  await refused;
  await openChat(page, two.chat);
  await sent;
  await openChat(page, one.chat);
  await page.locator("article.mine", { hasText: "the answer" }).waitFor();
  await page.getByText("Sending…").waitFor({ state: "detached" });
  assert.equal(await page.locator("article.mine", { hasText: "the answer" }).count(), 1);
  const { items } = await agentCall(stage, "sarah", "GET", `/api/chats/${one.chat}/messages`);
  assert.equal(items.filter((m) => m.content === "the answer").length, 1);
  await done(page);
});

test("a reply that is refused says why, until it is given up", async () => {
  const page = await consoleOf(stage, browser, "sarah");
  const { chat } = await waitingOf(stage);
  await openChat(page, chat);
  await page.route("**/messages/send", (route) => route.fulfill({ status: 403, contentType: "application/problem+json",
    body: '{"code":"forbidden","detail":"Tom has this chat."}' }));
  await write(page, "mine?");
  await page.getByRole("alert").filter({ hasText: "Your message was not sent: Tom has this chat." }).waitFor();
  await page.getByRole("button", { name: "Discard" }).click();
  await page.getByText("Tom has this chat.").waitFor({ state: "detached" });
  await done(page);
});

test("a chat that is on its way is not said to be unknown", async () => {
  const page = await consoleOf(stage, browser, "sarah");
  const { chat, say, answered } = await customerOf(stage, { name: "Far away" });
  await say("Hello");
  await answered();
  let open;
  const gate = new Promise((done_) => { open = done_; });
  /* neither as a row, nor by itself */
  await page.route(/\/api\/(events|chats\?)/, (route) => route.abort());
  await page.route(`**/api/chats/${chat}`, (route) => gate.then(() => route.continue()));
  await page.goto(`${stage.url}/app/chats/${chat}`);
  await page.locator(".chat").waitFor();
  assert.equal(await page.getByText("There is no such chat.").count(), 0);
  open();
  await page.getByRole("heading", { name: "Far away" }).waitFor();
  await page.goto(`${stage.url}/app/chats/nothing`);
  await page.getByText("There is no such chat.").waitFor();
  await done(page);
});

test("a console that is opened while the service is away for a moment comes when it is back", async () => {
  const page = await consoleOf(stage, browser, "sarah");
  let tries = 0;
  await page.route("**/api/me", (route) => (++tries > 1 ? route.continue() : route.abort()));
  await page.goto(stage.url + "/app/chats");
  await page.getByRole("heading", { name: "Chats", exact: true }).waitFor();
  assert.equal(tries, 2);
  await done(page);
});

test("who could not be signed out is told so", async () => {
  const page = await consoleOf(stage, browser, "sarah");
  await page.route("**/api/auth/logout", (route) => route.abort());
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("alert").filter({ hasText: "You are still signed in" }).waitFor();
  await page.unroute("**/api/auth/logout");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("textbox", { name: "Your XMPP address" }).waitFor();
  await done(page);
});

test("a note whose answer was lost is one note when it is sent again", async () => {
  const page = await consoleOf(stage, browser, "sarah");
  const { chat } = await waitingOf(stage);
  await openChat(page, chat);
  let tries = 0;
  await page.route("**/notes", async (route) => {
    if (++tries > 1) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await page.getByRole("radio", { name: "Internal note" }).check();
  await write(page, "a regular customer");
  await page.getByRole("alert").filter({ hasText: "The server did not answer." }).waitFor();
  await box(page, "a regular customer");
  const kept = page.waitForResponse((answer) => answer.url().endsWith("/notes") && answer.ok());
  await page.locator("textarea").press("Enter");
  await kept;
  await page.locator("article.note").waitFor();
  const { items } = await agentCall(stage, "sarah", "GET", `/api/chats/${chat}/messages`);
  assert.equal(items.filter((m) => m.content.includes("a regular customer")).length, 1);
  await done(page);
});

test("where there is nobody to offer a chat to, there is no button for it", async () => {
  const page = await consoleOf(stage, browser, "sarah");
  const { chat } = await waitingOf(stage);
  await openChat(page, chat);
  await page.getByRole("button", { name: "Transfer…" }).click();
  await page.getByText("No colleague is available.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Offer" }).count(), 0);
  await done(page);
});

test("what came while the page was hidden has been read when the agent is back", async () => {
  const page = await consoleOf(stage, browser, "sarah");
  const customer = await waitingOf(stage);
  await agentCall(stage, "sarah", "POST", `/api/chats/${customer.chat}/assign`);
  await openChat(page, customer.chat);
  const look = (state) => page.evaluate((now) => {
    Object.defineProperty(document, "visibilityState", { configurable: true, value: now });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);
  await look("hidden");
  const { message } = await customer.say("Are you there?");
  await page.locator("article", { hasText: "Are you there?" }).waitFor();
  const read = page.waitForRequest((request) => request.url().endsWith("/read") && request.postData().includes(message.id));
  await look("visible");
  await read;
  await done(page);
});

test("a browser that keeps nothing for pages has the console all the same", async () => {
  const context = await browser.newContext();
  await context.addInitScript(() => Object.defineProperty(window, "localStorage", {
    get: () => {
      throw new DOMException("denied", "SecurityError");
    },
  }));
  const page = await openPage(context, (await stage.call("command", { words: ["agent", "login-link", "tom@localhost"] })).trim());
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Chats", exact: true }).waitFor();
  await page.getByText("Settings").click();
  await page.getByRole("checkbox", { name: "Sound while this page is hidden" }).check();
  await done(page);
});
