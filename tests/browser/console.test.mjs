/* The agents' console: the specification's scenarios 2 and 3 by clicks. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { consoleOf, write } from "./desk.mjs";
import { chatOf, openBrowser, openPage, openStage } from "./stage.mjs";

let stage;
let browser;

before(async () => {
  [stage, browser] = await Promise.all([openStage(), openBrowser()]);
});
after(async () => {
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
