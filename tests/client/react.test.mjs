/* The specification's snippets with React, in Chromium, against the daemon and the server. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { browser, scene, stage } from "../browser/scene.mjs";
import { REACTS } from "./react_page.mjs";
import { begin, component, show, signedIn, until } from "./shown.mjs";

scene();

const OWN = `
  import { useState } from "react";
  import { useRealtimeChat } from "parley-react";
  export default function Own() {
    const [n, again] = useState(0);
    const heard = (window.heard ??= []);
    const [on, turn] = useState(true);
    const chat = useRealtimeChat({ chatId: CHAT, enabled: on,
      onMessage: (m) => heard.push([n, m.content]),
      onTyping: (who, typing) => heard.push([n, typing ? "typing" : "still"]),
      onError: (error) => heard.push([n, "error " + error.status]) });
    Object.assign(window, { again, turn, chat });
    return <p>{chat.isConnected ? "connected" : "not connected"}, {n}, {chat.error ? chat.error.status : "no error"}</p>;
  }`;

for (const react of Object.keys(REACTS)) {
  test(`the hook of the specification hears of the agent and of messages, and sends: React ${react}`, async () => {
    const { id, token, post } = await begin();
    await post("/api/escalations", { chatId: id });
    const page = await show(await browser.newContext(), component("hook.tsx", id), { token }, react);
    await page.getByText("connected", { exact: true }).waitFor();
    await stage.call("join", { agent: "sarah", chat: id });
    await until(page, "agent joined", () => page.lines.includes("Agent joined: Sarah"));
    await stage.call("say", { agent: "sarah", chat: id, text: "Hi there" });
    await until(page, "a message", () => page.lines.some((l) => l.startsWith("Received:") && l.includes("Hi there")));
    await page.evaluate(() => window.seen.send());
    assert.equal(await stage.call("hears", { agent: "sarah", chat: id, text: "Hello!" }), "Customer");
    assert.equal(await page.evaluate(() => window.seen.error), null);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test(`customer's and agent's interface of the specification: escalation, joining, messages both ways: React ${react}`, async () => {
    const { id, token } = await begin();
    const customer = await show(await browser.newContext(), component("customer.tsx", id), { token }, react);
    const say = async (page, text) => {
      await page.getByLabel("Your message").fill(text);
      await page.getByRole("button", { name: "Send" }).click();
    };
    await say(customer, "I need to speak to a human");
    await customer.getByRole("button", { name: "Connect with Customer Support" }).click();
    await customer.getByText("Connecting you to a support agent. Please wait...").first().waitFor();
    await customer.locator("[data-mode=realtime]").waitFor();

    const context = await signedIn("tom");
    const agent = await show(context, component("agent.tsx", id), {}, react);
    await agent.getByText("I need to speak to a human").waitFor();
    await agent.locator("[data-mode=realtime]").waitFor();
    await agent.getByRole("button", { name: "Assign to Me" }).click();
    await customer.getByText("Support Agent Tom has joined the chat").waitFor();
    await say(agent, "Hi! I'm here to help");
    await customer.locator("article.parley-agent", { hasText: "Hi! I'm here to help" }).waitFor();
    await customer.getByLabel("Your message").pressSequentially("It sa");
    await agent.getByText("is typing").waitFor();
    await say(customer, "It says <b>twice</b>");
    await agent.locator("article.parley-user", { hasText: "It says <b>twice</b>" }).waitFor();
    for (const page of [customer, agent]) assert.deepEqual(page.faults, []);
    await customer.context().close();
    await context.close();
  });
}

test("new handlers each time do not connect anew; a strict mount holds one stream, an unmounted one none", async () => {
  const { id, token, post } = await begin();
  await post("/api/escalations", { chatId: id });
  const page = await show(await browser.newContext(), `const CHAT = ${JSON.stringify(id)};` + OWN, { token });
  await page.getByText("connected, 0, no error").waitFor();
  await until(page, "one stream", () => page.streams.size === 1);
  const [stream] = page.streams;
  await page.evaluate(() => window.again(7));
  await page.getByText("connected, 7, no error").waitFor();
  await stage.call("join", { agent: "nina", chat: id });
  await stage.call("state", { agent: "nina", chat: id, state: "composing" });
  await stage.call("say", { agent: "nina", chat: id, text: "for the newest handler" });
  const heard = () => page.evaluate(() => window.heard.map((h) => h.join(" ")));
  await page.waitForFunction(() => window.heard.some((h) => h.join(" ") === "7 for the newest handler"));
  assert.deepEqual((await heard()).filter((h) => h.includes("newest")), ["7 for the newest handler"]);
  assert.ok((await heard()).includes("7 typing"));
  assert.deepEqual([...page.streams], [stream]);

  const wrong = await page.evaluate(() => window.chat.sendMessage("x", "ASSISTANT").catch((error) => error.status));
  assert.equal(wrong, 403);
  await page.evaluate(() => window.turn(false));
  await page.getByText("not connected, 7").waitFor();
  await until(page, "no stream", () => page.streams.size === 0);
  await page.evaluate(() => window.turn(true));
  await until(page, "a stream again", () => page.streams.size === 1);
  await page.evaluate(() => window.unmount());
  await until(page, "no stream", () => page.streams.size === 0);
  await page.context().close();
});

test("a token that is wrong is told as an error, to the handler and as value", async () => {
  const { id } = await begin();
  const page = await show(await browser.newContext(), `const CHAT = ${JSON.stringify(id)};` + OWN, { token: "x".repeat(43) });
  await page.getByText(/^not connected, 0, 40[14]$/).waitFor();
  assert.match((await page.evaluate(() => window.heard.map((h) => h[1]))).join(), /^(error 40[14],?)+$/);
  await page.context().close();
});
