/* The customer's page against the whole installation. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { chatOf, openPage } from "./stage.mjs";
import { browser, scene, stage } from "./scene.mjs";

scene();

const write = async (page, text) => {
  await page.getByLabel("Your message").fill(text);
  await page.getByRole("button", { name: "Send" }).click();
};

test("a customer is answered, asks for a person, and talks with the agent who joins", async () => {
  const context = await browser.newContext();
  const page = await openPage(context, stage.url);
  await write(page, "I need to speak to a human");
  await page.getByRole("button", { name: "Connect with Customer Support" }).click();
  await page.getByText("Connecting you to a support agent. Please wait...").first().waitFor();
  await write(page, "Hello, waiting for agent");
  await page.locator("article.mine", { hasText: "Hello, waiting for agent" }).waitFor();
  const { id: chat } = await chatOf(page);

  const history = await stage.call("join", { agent: "sarah", chat });
  assert.ok(history.includes("Hello, waiting for agent"));
  await page.getByText("Support Agent Sarah has joined the chat").waitFor();

  await stage.call("say", { agent: "sarah", chat, text: "Hi! I'm here to help" });
  await page.getByText("Hi! I'm here to help").waitFor();
  await write(page, "Great");
  assert.equal(await stage.call("hears", { agent: "sarah", chat, text: "Great" }), "Customer");

  await page.reload();
  await page.getByText("Hi! I'm here to help").waitFor();
  assert.equal(await page.locator("article").count(), 5);
  assert.deepEqual(page.faults, []);
  await context.close();
});
