/* Makes the pictures of docs/WIDGET.md, CONSOLE.md and CLIENT.md:  node tests/browser/pictures.mjs [widget] [answers] [react] [console]
 * Installs a font with emoji and pngquant, as root or with sudo, if they are missing. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openProject } from "../client/project.mjs";
import { componentOf, showIn } from "../client/react_page.mjs";
import { agentCall, consoleOf, customerOf, focusIs, openChat, waitingOf, write as answer } from "./desk.mjs";
import { chatOf, openBrowser, openPage, openStage } from "./stage.mjs";
import { ask, joined, launch, openHost, openWidget, write } from "./widget.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const out = join(root, "docs/pictures");
execFileSync("sh", ["-c", ". config/packages.sh; packages_need fonts-noto-color-emoji pngquant"], { cwd: root, stdio: "inherit" });
mkdirSync(out, { recursive: true });

const SIZE = { width: 760, height: 640 };
/* 64 colours are enough, and a third of the bytes. */
const shrink = (path) => execFileSync("pngquant", ["--force", "--ext", ".png", "--nofs", "64", path]);
const WIDE = { width: 1120, height: 680 };
const CLIP = { x: 316, y: 0, width: 444, height: 640 };

/* A picture and another file, both sent and shown. */
async function attach(page, picture) {
  for (const [name, mimeType, buffer] of [["order.png", "image/png", picture], ["receipt.txt", "text/plain", Buffer.from("one payment\n".repeat(4000))]]) {
    await page.locator("input[type=file]").setInputFiles({ name, mimeType, buffer });
    const shown = page.locator(".lines a", { has: page.getByRole("img", { name }) }).or(page.locator(".lines a", { hasText: name }));
    await shown.waitFor();
  }
  await page.locator(".picture img").evaluate((e) => e.complete || new Promise((done) => e.addEventListener("load", done)));
  await page.locator("progress").waitFor({ state: "detached" });
}

async function walk(page, name, clip) {
  const shoot = async (state) => {
    const path = join(out, `widget-${state}-${name}.png`);
    await page.screenshot({ path, ...(clip ? { clip } : {}) });
    shrink(path);
  };
  await launch(page);
  await ask(page, "I was charged twice for my order");
  await ask(page, "I need to speak to a human");
  await page.locator("parley-chat .escalate").waitFor();
  await shoot("offer");
  await page.locator("parley-chat .escalate").last().click();
  await page.locator("parley-chat .notice").waitFor();
  await page.locator("parley-chat .status p:not(:empty)").waitFor();
  await shoot("waiting");
  const { id: chat } = await chatOf(page);
  await joined(stage, page, chat);
  await stage.call("say", { agent: "sarah", chat, text: "Hi! I see **two payments** of 25 €. I send one back today." });
  await page.locator("parley-chat article.agent").waitFor();
  await write(page, "That was quick, thank you");
  await stage.call("hears", { agent: "sarah", chat, text: "That was quick, thank you" });
  await stage.call("displayed", { agent: "sarah", chat, text: "That was quick, thank you" });
  await page.locator("parley-chat .state").last().waitFor();
  await stage.call("state", { agent: "sarah", chat, state: "composing" });
  await page.locator("parley-chat .typing:not(:empty)").waitFor();
  await shoot("live");
  await attach(page, await page.screenshot({ clip: { x: 0, y: 0, width: 300, height: 200 } }));
  await shoot("files");
  await page.route("**/messages", (route) => (route.request().method() === "POST"
    ? route.fulfill({ status: 422, contentType: "application/problem+json", body: '{"detail":"no","code":"key-reused"}' })
    : route.continue()));
  await write(page, "One more thing");
  await page.locator("parley-chat .failed").waitFor();
  await shoot("failed");
  await page.unroute("**/messages");
  await page.locator("parley-chat .failed button").last().click();
  await page.locator("parley-chat .menu button").first().click();
  await page.locator("parley-chat .menu li button").last().click();
  await page.locator("parley-chat .sure button").first().click();
  await page.locator("parley-chat .fresh").waitFor();
  await shoot("ended");
}

/* An answer of a model in the middle; it needs a stage of its own, whose assistant asks one. */
async function answering(name, path, options) {
  const own = await openStage(null, { model: true });
  const site = await openHost(own);
  try {
    await site.list();
    const page = await openWidget(browser, site.url + path, options);
    await launch(page);
    await write(page, "Do you ship to Norway?");
    await own.call("question", { number: 1 });
    await own.call("says", { pieces: ["Yes, we ship to **Norway**, Sweden and Denmark:\n- a letter takes three days\n- a parcel takes fi"] });
    await page.locator(".saying li").nth(1).waitFor();
    await page.screenshot({ path: join(out, `widget-answering-${name}.png`), clip: CLIP, animations: "disabled" });
    await page.context().close();
  } finally {
    await site.close();
    await own.close();
  }
}

/* The console's own picture of each state, and what stands in it. */
async function desk(stage, name, options) {
  const shoot = async (page, state) => {
    const path = join(out, `console-${state}-${name}.png`);
    await page.screenshot({ path });
    shrink(path);
  };
  const door = await openPage(await browser.newContext(options), stage.url + "/login");
  await door.getByLabel("Your XMPP address").fill("sarah@localhost");
  await door.keyboard.press("Enter");
  await door.locator(".code").waitFor();
  await shoot(door, "login");
  await door.context().close();

  const people = [["Alice Martin", "Where is my parcel?", "delivery"], ["Bob", "I was charged twice", "refund"],
    [undefined, "Do you ship to Norway?", undefined], ["Carol", "My code does not work", "voucher"], ["Dan", "Thank you!", undefined]];
  const chats = [];
  for (const [person, text, reason] of people) {
    chats.push(await waitingOf(stage, { name: person, email: person ? person.split(" ")[0].toLowerCase() + "@example.org" : undefined,
      page: "https://shop.example/cart", locale: "en-GB" }, text, reason));
  }
  const [waits, mine, , others, over] = chats.map((c) => c.chat);
  await agentCall(stage, "sarah", "POST", `/api/chats/${mine}/assign`);
  await agentCall(stage, "tom", "POST", `/api/chats/${others}/assign`);
  await agentCall(stage, "nina", "POST", `/api/chats/${over}/close`);
  for (const [shortcut, content] of [["hello", "Hello, how can I help?"], ["hours", "We are here from 9 to 17, Monday to Friday."],
    ["refund", "I send the money back today. It takes up to three days."]])
    await agentCall(stage, "sarah", "POST", "/api/canned-responses", { shortcut, content });
  const colleague = await consoleOf(stage, browser, "tom");
  const page = await consoleOf(stage, browser, "sarah", options);
  await page.locator(`[data-chat="${over}"]`).getByText("Closed").waitFor();
  await shoot(page, "queue");
  await openChat(page, waits);
  await shoot(page, "waiting");
  if (await page.locator(".back").isVisible()) await page.locator(".back").click();
  await openChat(page, mine);
  await answer(page, "Hello Bob! I see **two payments** of 25 €. I send one back today.");
  await page.locator("article.mine").waitFor();
  await page.getByRole("radio", { name: "Internal note" }).check();
  await answer(page, "Second payment came through the old shop");
  await page.locator("article.note").waitFor();
  await page.getByRole("radio", { name: "Reply" }).check();
  await chats[1].say("That was quick, thank you");
  await page.locator("article.user", { hasText: "quick" }).waitFor();
  await fetch(`${stage.url}/api/chats/${mine}/typing`, { method: "POST", body: '{"isTyping":true}',
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${chats[1].token}` } });
  await page.locator(".typing:not(:empty)").waitFor();
  await shoot(page, "live");
  await attach(page, await page.screenshot({ clip: { x: 0, y: 0, width: 300, height: 200 } }));
  await shoot(page, "files");
  await page.locator("#text").focus();
  await page.keyboard.type("/h");
  await page.getByRole("option").nth(1).waitFor();
  await shoot(page, "canned");
  await page.locator("#text").fill("");
  await page.getByRole("button", { name: "Transfer…" }).click();
  await page.getByRole("radio", { name: /Tom/ }).check();
  await shoot(page, "transfer");
  await page.keyboard.press("Escape");
  await page.getByRole("radio", { name: "Internal note" }).check();
  await page.locator("#text").fill("Ask accounting");
  await focusIs(page, "Internal note");
  await shoot(page, "note");
  await page.context().close();
  await colleague.context().close();
}

/* Both React interfaces of one chat. */
async function react(project, name, options, locale) {
  const shoot = async (page, side) => {
    const path = join(out, `react-${side}-${name}.png`);
    await page.locator("main").screenshot({ path });
    shrink(path);
  };
  const { chat, token, say } = await customerOf(stage, { name: "Alice Martin" });
  await say("I was charged twice for my order");
  const customer = await showIn(project, stage.url, await browser.newContext(options), componentOf(project, "customer.tsx", chat), { token, locale });
  await answer(customer, "I need to speak to a human");
  await customer.locator(".parley-escalate").waitFor();
  await shoot(customer, "customer");
  await customer.locator(".parley-escalate").click();
  const desk = await consoleOf(stage, browser, "sarah", options);
  const agent = await showIn(project, stage.url, desk.context(), componentOf(project, "agent.tsx", chat), { locale });
  await agent.locator(".parley-head button").click();
  await answer(agent, "Hi! I see **two payments** of 25 €. I send one back today.");
  await customer.locator(".parley-agent").waitFor();
  await answer(customer, "That was quick, thank you");
  await agent.locator(".parley-user", { hasText: "quick" }).waitFor();
  await customer.locator(".parley-composer textarea").pressSequentially("One");
  await agent.locator(".parley-typing:not(:empty)").waitFor();
  await shoot(agent, "agent");
  await customer.context().close();
  await agent.context().close();
}

const wanted = process.argv.slice(2);
const wants = (part) => !wanted.length || wanted.includes(part);
const UPLOAD = { upload: { domain: "upload.localhost", file_bytes: 1_000_000 } };
const [stage, browser] = await Promise.all([openStage(UPLOAD), openBrowser()]);
const host = await openHost(stage);
try {
  await host.list();
  if (wants("widget")) for (const [name, path, options, clip] of [
    ["light", "/", { viewport: SIZE }, CLIP], ["dark", "/dark", { viewport: SIZE, colorScheme: "dark" }, CLIP],
    ["phone-arabic", "/ar", { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true }],
  ]) {
    const page = await openWidget(browser, host.url + path, options);
    await walk(page, name, clip);
    await page.context().close();
  }
  if (wants("answers")) for (const [name, path, options] of [["light", "/", { viewport: SIZE }],
    ["dark", "/dark", { viewport: SIZE, colorScheme: "dark" }]]) await answering(name, path, options);
  if (wants("react")) {
    const project = openProject();
    const viewport = { width: 480, height: 620 };
    for (const [name, options, locale] of [["light", { viewport }, "en"], ["dark", { viewport, colorScheme: "dark" }, "de"]])
      await react(project, name, options, locale);
    project.close();
  }
  if (wants("console")) for (const [name, options] of [["light", { viewport: WIDE }], ["dark", { viewport: WIDE, colorScheme: "dark" }],
    ["phone", { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true }]]) {
    const own = await openStage(UPLOAD);
    await desk(own, name, options).finally(() => own.close());
  }
} finally {
  await browser.close();
  await host.close();
  await stage.close();
}
