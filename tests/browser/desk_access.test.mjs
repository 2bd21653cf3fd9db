/* The console for those who use the keyboard, a screen reader, or dark colours. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { agentCall, consoleOf, focusIs, linkPage, openChat, waitingOf, write } from "./desk.mjs";
import { openPage } from "./stage.mjs";
import { axe } from "./widget.mjs";
import { browser, scene, stage } from "./scene.mjs";

scene();

/* The ways in. */
async function door(look, options) {
  const page = await openPage(await browser.newContext(options), stage.url + "/login");
  await page.getByLabel("Your XMPP address").waitFor();
  await look(page, "the login");
  await page.getByLabel("Your XMPP address").fill("sarah@localhost");
  await page.keyboard.press("Enter");
  await page.locator(".code").waitFor();
  await look(page, "a code is shown");
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.route("**/api/auth/login", (route) => route.fulfill({ status: 429, contentType: "application/problem+json",
    body: '{"detail":"Too many logins.","code":"rate-limited"}' }));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("Too many logins.").waitFor();
  await look(page, "the login is refused");
  assert.deepEqual(page.faults, []);
  await page.context().close();
  const link = await linkPage(stage, browser, "eve", options);
  await link.getByRole("button", { name: "Sign in" }).waitFor();
  await look(link, "a link");
  await link.getByRole("button", { name: "Sign in" }).click();
  await link.getByText("There are no chats here.").waitFor();
  await look(link, "nobody waits");
  await link.context().close();
}

/* One agent's console through all its states. */
async function desk(look, options) {
  const [waits, mine, others, over] = [
    await waitingOf(stage, { name: "Alice", email: "alice@example.org", page: "https://shop.example/cart", locale: "en-GB" },
      "Where is my parcel?", "delivery"),
    await waitingOf(stage, { name: "Bob" }), await waitingOf(stage, { name: "Carol" }), await waitingOf(stage)];
  await agentCall(stage, "sarah", "POST", `/api/chats/${mine.chat}/assign`);
  await agentCall(stage, "tom", "POST", `/api/chats/${others.chat}/assign`);
  await agentCall(stage, "sarah", "POST", `/api/chats/${over.chat}/close`);
  const page = await consoleOf(stage, browser, "sarah", options);
  await page.locator(`[data-chat="${waits.chat}"]`).getByText("Needs response").waitFor();
  await page.locator(`[data-chat="${over.chat}"]`).getByText("Closed").waitFor();
  await look(page, "all chats");
  await page.getByRole("link", { name: /Needs Response/ }).click();
  await page.locator(`[data-chat="${mine.chat}"]`).waitFor({ state: "detached" });
  await look(page, "those who wait");
  await page.getByRole("link", { name: /Assigned Chats/ }).click();
  await page.locator(`[data-chat="${mine.chat}"]`).waitFor();
  await look(page, "assigned chats");
  await page.getByRole("link", { name: /All Chats/ }).click();
  for (const [customer, what] of [[waits, "a chat that waits"], [others, "another agent's chat"], [over, "a closed chat"], [mine, "my chat"]]) {
    await openChat(page, customer.chat);
    await look(page, what);
  }
  await write(page, "I look into it.");
  await page.locator("article.mine", { hasText: "I look into it." }).waitFor();
  await page.getByLabel("Internal note").check();
  await look(page, "a note is written");
  await write(page, "needs a refund");
  await page.locator("article.note").waitFor();
  await look(page, "a note is there");
  await page.getByLabel("Reply").check();
  await page.getByRole("button", { name: "Transfer…" }).click();
  await page.getByRole("radio", { name: /Back to the queue/ }).waitFor();
  await look(page, "a transfer is prepared");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Change name or e-mail" }).click();
  await look(page, "the customer's name is changed");
  await page.getByLabel("Name").fill("Sarah");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("This name cannot be used.").waitFor();
  await look(page, "an error");
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("Settings").click();
  await look(page, "the settings");
  await page.getByText("Settings").click();
  await page.getByRole("heading", { name: "Bob" }).focus();
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await look(page, "the help");
  await page.keyboard.press("Escape");
  await page.route("**/messages/send", (route) => route.fulfill({ status: 422, contentType: "application/problem+json",
    body: '{"detail":"no","code":"key-reused"}' }));
  await write(page, "this fails");
  await page.locator(".failed").waitFor();
  await look(page, "a message was not sent");
  assert.deepEqual(page.faults, []);
  return page;
}

for (const colorScheme of ["light", "dark"])
  test(`axe finds nothing in any state of the console: ${colorScheme}`, async () => {
    const look = (page, state) => axe(page, state, "html");
    await door(look, { colorScheme });
    const page = await desk(look, { colorScheme });
    await stage.call("kill", {});
    await page.getByText("Reconnecting…").waitFor();
    await look(page, "without a connection");
    await stage.call("restart", {});
    await page.getByText("Reconnecting…").waitFor({ state: "detached" });
    await page.context().close();
  });

test("on a phone all of a chat is reached, and nothing needs scrolling sideways", async () => {
  const customer = await waitingOf(stage, { name: "w".repeat(60) }, "A long word: " + "w".repeat(300));
  const page = await consoleOf(stage, browser, "sarah", { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true });
  const wide = () => page.evaluate(() => [...document.querySelectorAll("body *")]
    .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".unseen")).map((e) => e.outerHTML.slice(0, 80)));
  await page.locator(`[data-chat="${customer.chat}"]`).waitFor();
  assert.deepEqual(await wide(), []);
  const badge = await page.locator(`[data-chat="${customer.chat}"] .badge`).boundingBox();
  assert.ok(badge.height < 40, "as high as its words, beside however long a name");
  await openChat(page, customer.chat);
  await page.locator(".facts summary").click();
  await page.getByRole("button", { name: "Change name or e-mail" }).waitFor();
  assert.deepEqual(await wide(), []);
  await axe(page, "a chat on a phone", "html");
  await page.getByRole("link", { name: "Back to the queue" }).click();
  await page.waitForFunction((id) => document.activeElement?.closest("[data-chat]")?.dataset.chat === id, customer.chat);
  await page.context().close();
});

test("all is done by keys alone, and the focus is never lost", async () => {
  const page = await openPage(await browser.newContext(), stage.url + "/login");
  await focusIs(page, "Your XMPP address");
  await page.keyboard.type("nobody@localhost");
  await page.keyboard.press("Enter");
  await focusIs(page, "Web console");
  await page.keyboard.press("Tab");
  await focusIs(page, "Cancel");
  await page.keyboard.press("Enter");
  await focusIs(page, "Your XMPP address");
  await page.context().close();

  const [first, second] = [await waitingOf(stage, { name: "Dora" }), await waitingOf(stage, { name: "Emil" })];
  const inside = await consoleOf(stage, browser, "nina");
  await focusIs(inside, "Chats");
  const row = (chat) => inside.waitForFunction((id) => document.activeElement?.closest("[data-chat]")?.dataset.chat === id, chat);
  const names = (await inside.locator("[data-chat]").evaluateAll((all) => all.map((e) => e.dataset.chat)));
  for (let n = 0; n <= names.indexOf(second.chat); n++) {
    await inside.keyboard.press("j");
    await row(names[n]);
  }
  await inside.keyboard.press("k");
  await row(first.chat);
  await inside.keyboard.press("Enter");
  await focusIs(inside, "Dora");
  await inside.keyboard.press("a");
  await inside.getByRole("button", { name: "Transfer…" }).waitFor();
  await inside.locator(".badge.assigned", { hasText: "Nina" }).first().waitFor();
  await focusIs(inside, "Dora");
  await inside.keyboard.press("r");
  await focusIs(inside, "Reply to the customer");
  await inside.keyboard.type("ja, kein Problem?");
  await inside.keyboard.press("Enter");
  await inside.locator("article.mine", { hasText: "ja, kein Problem?" }).waitFor();
  await inside.getByRole("button", { name: "Transfer…" }).focus();
  await inside.keyboard.press("Enter");
  await inside.getByRole("radio", { name: /Back to the queue/ }).waitFor();
  await inside.keyboard.press("Escape");
  await focusIs(inside, "Transfer…");
  await inside.keyboard.press("Tab");
  await focusIs(inside, "Close chat");
  await inside.keyboard.press("?");
  await focusIs(inside, "Close");
  await inside.keyboard.press("Enter");
  await focusIs(inside, "Close chat");
  await inside.keyboard.press("Enter");
  await inside.getByRole("button", { name: "Reopen" }).waitFor();
  await focusIs(inside, "Dora");
  await inside.getByRole("button", { name: "Reopen" }).focus();
  await inside.keyboard.press("Enter");
  await focusIs(inside, "Reply to the customer");

  /* the button by which a chat is taken goes away */
  await inside.getByRole("button", { name: "Assign to Me" }).focus();
  await inside.keyboard.press("Enter");
  await focusIs(inside, "Reply to the customer");

  /* a row that has the focus goes away */
  await inside.getByRole("link", { name: /Needs Response/ }).click();
  await inside.locator(`[data-chat="${second.chat}"] a`).focus();
  await agentCall(stage, "tom", "POST", `/api/chats/${second.chat}/assign`);
  await inside.locator(`[data-chat="${second.chat}"]`).waitFor({ state: "detached" });
  await inside.waitForFunction(() => document.activeElement !== document.body);

  await inside.getByRole("button", { name: "Sign out" }).focus();
  await inside.keyboard.press("Enter");
  await focusIs(inside, "Your XMPP address");
  assert.deepEqual(inside.faults, []);
  await inside.context().close();
});

test("single keys can be switched off, and the browser remembers it", async () => {
  const customer = await waitingOf(stage, { name: "Fritz" });
  const page = await consoleOf(stage, browser, "sarah");
  await page.locator(`[data-chat="${customer.chat}"]`).waitFor();
  await page.getByText("Settings").click();
  await page.getByRole("checkbox", { name: /Keyboard shortcuts/ }).uncheck();
  await page.reload();
  await openChat(page, customer.chat);
  await page.getByRole("heading", { name: "Fritz" }).focus();
  for (const key of ["a", "r", "j", "?"]) await page.keyboard.press(key);
  /* what would have happened is there no later than what is asked for by a click */
  await page.getByText("Settings").click();
  await page.getByRole("checkbox", { name: /Keyboard shortcuts/ }).check();
  await page.getByRole("heading", { name: "Fritz" }).focus();
  await page.keyboard.press("r");
  await focusIs(page, "Reply to the customer");
  await page.getByRole("button", { name: "Assign to Me" }).waitFor();
  assert.equal(await page.getByRole("dialog").count(), 0);
  await page.context().close();
});
