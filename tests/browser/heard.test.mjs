/* What screen readers are given in each main state of widget and console. */
import { test } from "node:test";
import { agentCall, consoleOf, openChat, waitingOf, write as answer } from "./desk.mjs";
import { chatOf, openPage } from "./stage.mjs";
import { heard } from "./heard.mjs";
import { ask, joined, launch, openWidget, write } from "./widget.mjs";
import { browser, host, scene, stage } from "./scene.mjs";

scene({ pages: {} });

test("the widget, from the launcher to the end of a chat", async () => {
  const page = await openWidget(browser, host.url);
  const widget = page.locator("parley-chat");
  await heard(widget, "widget-closed");
  await launch(page);
  await ask(page, "I was charged twice");
  await ask(page, "I need to speak to a human");
  await page.locator("parley-chat .escalate").waitFor();
  await heard(widget, "widget-offer");
  await page.locator("parley-chat .escalate").last().click();
  await page.locator("parley-chat .status", { hasText: "number 1" }).waitFor();
  await heard(widget, "widget-waiting");
  const { id: chat } = await chatOf(page);
  await joined(stage, page, chat);
  await stage.call("say", { agent: "sarah", chat, text: "Hello, I look into it." });
  await page.locator("parley-chat article.agent").waitFor();
  await heard(widget, "widget-live");
  await page.route("**/messages", (route) => (route.request().method() === "POST"
    ? route.fulfill({ status: 422, contentType: "application/problem+json", body: '{"detail":"no","code":"key-reused"}' })
    : route.continue()));
  await write(page, "this fails");
  await page.locator("parley-chat .failed").waitFor();
  await heard(widget, "widget-failed");
  await page.locator("parley-chat .failed button").last().click();
  await agentCall(stage, "sarah", "POST", `/api/chats/${chat}/close`);
  await page.locator("parley-chat .fresh").waitFor();
  await heard(widget, "widget-ended");
  await page.context().close();
});

test("the console, from the login to a chat of one's own", async () => {
  const door = await openPage(await browser.newContext(), stage.url + "/login");
  const whole = (page) => page.locator("body");
  await door.getByLabel("Your XMPP address").waitFor();
  await heard(whole(door), "console-login");
  await door.getByLabel("Your XMPP address").fill("sarah@localhost");
  await door.keyboard.press("Enter");
  await door.locator(".code").waitFor();
  await heard(whole(door), "console-code");
  await door.context().close();
  const empty = await consoleOf(stage, browser, "eve");
  await empty.getByText("There are no chats here.").waitFor();
  await heard(whole(empty), "console-nobody");
  await empty.context().close();

  const facts = { email: "alice@example.org", page: "https://shop.example/cart", locale: "en-GB" };
  const customer = await waitingOf(stage, { name: "Alice", ...facts }, "Where is my parcel?", "delivery");
  const page = await consoleOf(stage, browser, "sarah");
  await page.getByRole("link", { name: /Needs Response/ }).click();
  await page.locator(`[data-chat="${customer.chat}"]`).waitFor();
  await page.getByText("1 chat needs a response").waitFor();
  await heard(whole(page), "console-queue");
  await openChat(page, customer.chat);
  await heard(whole(page), "console-waiting");
  await page.getByRole("button", { name: "Assign to Me" }).click();
  await page.getByRole("button", { name: "Assign to Me" }).waitFor({ state: "detached" });
  await answer(page, "Hello, I look into it.");
  await page.locator("article.mine", { hasText: "I look into it" }).waitFor();
  await page.getByRole("radio", { name: "Internal note" }).check();
  await answer(page, "lost by the carrier");
  await page.locator("article.note").waitFor();
  await heard(page.getByRole("region", { name: "Chat with Alice" }), "console-mine");
  await page.getByRole("button", { name: "Transfer…" }).click();
  await page.getByRole("radio", { name: /Back to the queue/ }).waitFor();
  await heard(page.getByRole("dialog"), "console-transfer");
  await page.context().close();
});
