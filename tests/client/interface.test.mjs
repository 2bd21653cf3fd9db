/* The React interfaces with their style sheet: both sides in every state, for people with other eyes, hands and languages. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { agentCall } from "../browser/desk.mjs";
import { browser, scene, stage } from "../browser/scene.mjs";
import { axe } from "../browser/widget.mjs";
import { begin, component, show, signedIn } from "./shown.mjs";

scene();

const narrow = { viewport: { width: 320, height: 568 }, hasTouch: true, isMobile: true };
const box = (page) => page.locator(".parley-composer textarea");
const write = async (page, text) => {
  await box(page).fill(text);
  await page.keyboard.press("Enter");
};

/* Nothing sticks out sideways, and what is pressed is large enough. */
async function fits(page, state) {
  const wrong = await page.locator(".parley-chat").evaluate((part) => {
    const shown = (e) => !e.closest(".parley-unseen") && e.checkVisibility();
    return [
      ...[...part.querySelectorAll("*")].filter((e) => shown(e) && (e.getBoundingClientRect().right > innerWidth + 1 || e.getBoundingClientRect().left < -1)),
      ...[...part.querySelectorAll("button, textarea")].filter((e) => shown(e) && (e.offsetWidth < 44 || e.offsetHeight < 44)),
    ].map((e) => e.outerHTML.slice(0, 100));
  });
  assert.deepEqual(wrong, [], state);
}

/* A chat through all its states; both pages are looked at in each. */
async function walk(customer, agent, chat, look) {
  const both = async (state) => {
    await look(customer, "customer: " + state);
    await look(agent, "agent: " + state);
  };
  await both("empty");
  await write(customer, "A long word: " + "w".repeat(200) + " https://shop.example/" + "x".repeat(200));
  await customer.locator(".parley-assistant").waitFor();
  await write(customer, "I need to speak to a human");
  await customer.locator(".parley-escalate").waitFor();
  await customer.locator(".parley-menu button").first().click();
  await both("a person is offered, the menu is open");
  await customer.keyboard.press("Escape");
  await customer.locator(".parley-escalate").last().click();
  await customer.locator(".parley-status", { hasText: /\d|١/ }).waitFor();
  await agent.locator(".parley-head button").waitFor();
  await both("waiting");
  await agent.locator(".parley-head button").click();
  await customer.locator(".parley-agent_joined").or(customer.locator(".parley-notice", { hasText: "✅" })).first().waitFor();
  await write(agent, "Hello! See **this**:\n- one\n- https://shop.example/pay");
  await customer.locator(".parley-agent li").first().waitFor();
  await box(agent).pressSequentially("and");
  await customer.locator(".parley-typing:not(:empty)").waitFor();
  await agent.locator(".parley-state", { hasText: /./ }).waitFor();
  await both("live, the agent writes, the customer has seen");
  await customer.route("**/messages", (route) => (route.request().method() === "POST"
    ? route.fulfill({ status: 422, contentType: "application/problem+json", body: '{"detail":"no","code":"key-reused"}' })
    : route.continue()));
  await write(customer, "this fails");
  await customer.locator(".parley-failed").waitFor();
  await both("not sent");
  await customer.unroute("**/messages");
  await customer.locator(".parley-failed button").last().click();
  await customer.locator(".parley-menu button").first().click();
  await customer.locator(".parley-menu li button").last().click();
  await both("sure?");
  await customer.locator(".parley-sure button").first().click();
  await customer.locator(".parley-rating input").nth(3).check();
  await agent.locator("[data-status=closed]").waitFor();
  await both("ended, what it was like");
}

for (const [name, locale, options] of [
  ["light", "en", { colorScheme: "light" }], ["dark", "en", { colorScheme: "dark" }], ["from right to left", "ar", {}],
  ["320 pixels wide", "en", narrow], ["320 pixels, dark, from right to left", "ar", { ...narrow, colorScheme: "dark" }],
])
  test(`axe finds nothing in any state of either interface, and all fits: ${name}`, async () => {
    const { id, token } = await begin();
    const customer = await show(await browser.newContext(options), component("customer.tsx", id), { token, locale });
    const agent = await show(await signedIn("tom", options), component("agent.tsx", id), { locale });
    await walk(customer, agent, id, async (page, state) => {
      await axe(page, state, ".parley-chat");
      await fits(page, state);
    });
    for (const page of [customer, agent]) {
      assert.deepEqual(page.faults.filter((fault) => !fault.includes("422")), []);
      await page.context().close();
    }
  });

const focused = (page) => page.evaluate(() => {
  const at = document.activeElement;
  return at.getAttribute("aria-label") || at.labels?.[0]?.textContent || at.textContent.trim() || at.tagName;
});

test("by keys alone: asked, offered, escalated, ended; the focus is never lost", async () => {
  const { id, token } = await begin();
  const page = await show(await browser.newContext({ locale: "en-GB" }), component("customer.tsx", id), { token });
  const tab = async (...wanted) => {
    for (const name of wanted) {
      await page.keyboard.press("Tab");
      assert.equal(await focused(page), name);
    }
  };
  await box(page).waitFor();
  await page.locator("[data-status=assistant]").waitFor();
  await tab("Talk to a human", "More", "Conversation", "Your message");
  await page.keyboard.type("I need to speak to a human");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("please");
  await page.keyboard.press("Enter");
  await page.locator(".parley-escalate").waitFor();
  assert.equal(await box(page).inputValue(), "");
  await page.keyboard.press("Shift+Tab");
  assert.equal(await focused(page), "Connect with Customer Support");
  await page.keyboard.press("Enter");
  await page.locator("[data-mode=realtime]").waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  assert.equal(await focused(page), "More");
  await page.keyboard.press("Enter");
  await tab("Download transcript", "End chat");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement?.textContent === "No");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await page.locator("[data-status=closed]").waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test("what screen readers are given: a log by name, messages by sender and time, status and alert", async () => {
  const { id, token, post } = await begin();
  await post(`/api/chats/${id}/messages`, { content: "I was charged twice" });
  await post("/api/escalations", { chatId: id });
  const page = await show(await browser.newContext({ locale: "en-GB" }), component("customer.tsx", id), { token });
  await page.locator(".parley-status", { hasText: "number" }).waitFor();
  await page.locator(".parley-lines:not([aria-busy=true])").waitFor();
  const tree = await page.locator("body").ariaSnapshot();
  for (const line of [/region "Support chat"/, /log "Conversation"/, /article "You, \d\d:\d\d"/,
    /article "Assistant \(AI assistant\), \d\d:\d\d"/, /status: You are number \d+ in the queue/, /alert/, /textbox "Your message"/])
    assert.match(tree, line);
  assert.doesNotMatch(tree, /⏱/, "decoration is not read out");
  await page.context().close();
});

const TWO = (id) => `
  import { TraditionalChatInterface, UniversalChatInterface } from "parley-react";
  export default () => <>
    <p className="text log alert">Ours</p><button className="quiet">Buy</button>
    <TraditionalChatInterface chatId="${id}" /><UniversalChatInterface config={{ chatId: "${id}" }} /></>;`;

test("the page's classes and ours do not meet; two interfaces have no id twice; the button for a person is blue", async () => {
  const { id, token, post } = await begin();
  await post(`/api/chats/${id}/messages`, { content: "I need to speak to a human" });
  const page = await show(await browser.newContext({ colorScheme: "light" }), TWO(id), { token });
  await page.locator(".parley-escalate").nth(1).waitFor();
  const found = await page.evaluate(() => {
    const style = (selector) => getComputedStyle(document.querySelector(selector));
    const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
    return {
      blue: style(".parley-escalate").backgroundColor,
      page: [style("main > p").backgroundColor, style("main > button").minHeight],
      twice: ids.filter((one, at) => ids.indexOf(one) !== at),
      bare: [...document.querySelectorAll(".parley-chat *")].flatMap((e) => [...e.classList]).filter((name) => !name.startsWith("parley-")),
    };
  });
  assert.deepEqual(found, { blue: "rgb(29, 78, 216)", page: ["rgba(0, 0, 0, 0)", "0px"], twice: [], bare: [] });
  await page.context().close();
});

test("without escalation there is no button for a person; forced colours still tell messages apart", async () => {
  const { id, token, post } = await begin();
  await post(`/api/chats/${id}/messages`, { content: "I need to speak to a human" });
  const page = await show(await browser.newContext({ forcedColors: "active", reducedMotion: "reduce" }),
    component("customer.tsx", id).replace("escalation: true", "escalation: false"), { token });
  await page.locator(".parley-assistant").waitFor();
  assert.equal(await page.locator(".parley-escalate, .parley-human").count(), 0);
  assert.equal(await page.locator(".parley-assistant .parley-text").evaluate((e) => getComputedStyle(e).borderTopStyle), "solid");
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
  await page.context().close();
});

for (const [locale, send, human] of [["de", "Senden", "Mit Menschen sprechen"], ["fr", "Envoyer", null], ["es", "Enviar", null], ["ar", "إرسال", null]])
  test(`the browser's language, or the one that is set: ${locale}`, async () => {
    const { id, token } = await begin();
    const page = await show(await browser.newContext({ locale }), component("customer.tsx", id), { token });
    await page.getByRole("button", { name: send, exact: true }).waitFor();
    if (human) await page.getByRole("button", { name: human, exact: true }).waitFor();
    const set = await show(page.context(), component("customer.tsx", id), { token, locale: "en" });
    await set.getByRole("button", { name: "Send", exact: true }).waitFor();
    await page.context().close();
  });

test("a chat of this browser begins with the first message, is there again after a reload, and can be followed by a new one", async () => {
  const own = 'import { UniversalChatInterface } from "parley-react";\nexport default () => <UniversalChatInterface config={{ type: "chatbot" }} />;';
  const page = await show(await browser.newContext({ locale: "en-GB" }), own, {});
  await write(page, "How do I pay?");
  await page.locator(".parley-assistant").waitFor();
  await page.reload();
  await page.locator(".parley-user", { hasText: "How do I pay?" }).waitFor();
  await page.locator(".parley-human").click();
  await page.locator("[data-status=waiting]").waitFor();
  const held = await page.evaluate(() => JSON.parse(localStorage.getItem("parley:default:chat")));
  await agentCall(stage, "sarah", "POST", `/api/chats/${held.id}/close`);
  await page.getByRole("button", { name: "Start a new chat" }).click();
  await page.locator("article").first().waitFor({ state: "detached" });
  await write(page, "Something else");
  await page.locator(".parley-user", { hasText: "Something else" }).waitFor();
  await page.waitForFunction((id) => ![undefined, id].includes(JSON.parse(localStorage.getItem("parley:default:chat"))?.id), held.id);
  await page.context().close();
});
