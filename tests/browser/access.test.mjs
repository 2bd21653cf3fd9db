/* Who uses the keyboard, a screen reader, a phone, or colours of their own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { chatOf, openPage } from "./stage.mjs";
import { ask, axe, joined, launch, openWidget, wait, write } from "./widget.mjs";
import { browser, host, scene, stage } from "./scene.mjs";

const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

scene({ pages: {} });

/* The widget through all its states, each looked at. */
async function walk(page, look) {
  await look("closed");
  await launch(page);
  await look("open, empty");
  await ask(page, "How do I pay?");
  await look("with the assistant");
  await ask(page, "I need to speak to a human");
  await page.locator("parley-chat .escalate").waitFor();
  await look("a person is offered");
  await page.locator("parley-chat .menu button").first().click();
  await look("the menu is open");
  await page.keyboard.press("Escape");
  await page.locator("parley-chat .escalate").last().click();
  await page.locator("parley-chat .notice").waitFor();
  await look("waiting");
  const { id: chat } = await chatOf(page);
  await joined(stage, page, chat);
  await stage.call("say", { agent: "sarah", chat, text: "Hello! See https://shop.example/pay or **ask** me." });
  await page.locator("parley-chat article.agent").waitFor();
  await stage.call("state", { agent: "sarah", chat, state: "composing" });
  await page.locator("parley-chat .typing:not(:empty)").waitFor();
  await look("live, the agent writes");
  await page.route("**/messages", (route) => (route.request().method() === "POST"
    ? route.fulfill({ status: 422, contentType: "application/problem+json", body: '{"detail":"no","code":"key-reused"}' })
    : route.continue()));
  await write(page, "this fails");
  await page.locator("parley-chat .failed").waitFor();
  await look("failed");
  await page.unroute("**/messages");
  await page.locator("parley-chat .failed button").last().click();
  await page.locator("parley-chat .menu button").first().click();
  await page.locator("parley-chat .menu li button").last().click();
  await look("sure?");
  await page.locator("parley-chat .sure button").first().click();
  await page.locator("parley-chat .fresh").waitFor();
  await look("ended");
  await page.locator("parley-chat .rating input").nth(3).check();
  await page.locator("parley-chat .rating textarea").fill("quick");
  await look("what the chat was like");
  await page.locator("parley-chat .rating button").click();
  await page.locator("parley-chat .rating").waitFor({ state: "detached" });
  await look("rated");
}

for (const [name, path, options] of [
  ["light", "/", {}], ["dark", "/dark", {}], ["from right to left, on a phone", "/ar", phone],
  ["as the system is: dark", "/", { colorScheme: "dark" }],
])
  test(`axe finds nothing in any state: ${name}`, async () => {
    const page = await openWidget(browser, host.url + path, options);
    await walk(page, (state) => axe(page, state));
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

const focused = (page) => page.evaluate(() => {
  const at = document.activeElement?.shadowRoot?.activeElement ?? document.activeElement;
  return at?.getAttribute("aria-label") || at?.textContent.trim() || at?.tagName;
});

test("everything is done by keys alone, and the focus is never lost", async () => {
  const page = await openWidget(browser, host.url);
  const cdp = await page.context().newCDPSession(page);
  /* A slow computer: the focus is there before the next key comes, not some time after. */
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: 20 });
  await page.getByRole("button", { name: "Buy" }).focus();
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "Open chat");
  await page.keyboard.press("Enter");
  await page.locator("parley-chat textarea").waitFor();
  await page.keyboard.type("I need to speak to a human");
  await page.keyboard.press("Enter");
  await page.locator("parley-chat .escalate").waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "Send");
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "Close chat", "the launcher, and no trap");
  const back = [];
  for (let n = 0; n < 7; n++) {
    await page.keyboard.press("Shift+Tab");
    back.push(await focused(page));
  }
  assert.deepEqual([back[0], back[2]], ["Send", "Connect with Customer Support"]);
  assert.deepEqual(back.slice(4), ["Close chat", "More", "Talk to a human"]);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "Download transcript");
  await page.keyboard.press("Escape");
  assert.equal(await focused(page), "More");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByText("Connecting you").waitFor();
  await page.waitForFunction(() => document.activeElement?.shadowRoot?.activeElement?.tagName === "TEXTAREA");
  await page.keyboard.press("Escape");
  assert.equal(await focused(page), "Open chat");
  assert.equal(await page.locator("parley-chat .launcher").getAttribute("aria-expanded"), "false");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "BODY");
  await page.getByRole("button", { name: "Buy" }).focus();
  await page.evaluate(() => window.Parley("open"));
  await page.waitForFunction(() => document.activeElement?.shadowRoot?.activeElement?.tagName === "TEXTAREA");
  await page.keyboard.press("Escape");
  assert.equal(await focused(page), "Buy", "the focus goes back to where it was");
  await page.context().close();
});

test("on a phone the panel fills the screen and is modal; nothing needs scrolling sideways", async () => {
  for (const viewport of [phone.viewport, { width: 320, height: 256 }]) {
    const page = await openWidget(browser, host.url, { ...phone, viewport });
    await page.locator("parley-chat .launcher").tap();
    const dialog = page.getByRole("dialog");
    assert.equal(await dialog.getAttribute("aria-modal"), "true");
    assert.deepEqual(await dialog.boundingBox(), { x: 0, y: 0, ...viewport });
    assert.equal(await page.locator("main").evaluate((element) => element.inert), true);
    await ask(page, "A long word: " + "w".repeat(300) + " and https://shop.example/" + "x".repeat(300));
    const wide = await page.locator("parley-chat").evaluate((element) => [...element.shadowRoot.querySelectorAll("*")]
      .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".unseen")).map((e) => e.className));
    assert.deepEqual(wide, []);
    const small = await page.locator("parley-chat").evaluate((element) =>
      [...element.shadowRoot.querySelectorAll("button, textarea")].filter((e) => e.offsetParent)
        .filter((e) => e.offsetWidth < 44 || e.offsetHeight < 44).map((e) => e.textContent));
    assert.deepEqual(small, [], "targets of 44 pixels");
    assert.ok((await dialog.getByRole("heading").boundingBox()).height < 44, "no word of the title is cut into pieces");
    /* the end of a chat needs the most room: what does not fit is scrolled to */
    await dialog.getByRole("button", { name: "More" }).tap();
    await dialog.getByRole("button", { name: "End chat" }).tap();
    await dialog.getByRole("button", { name: "Yes, end it" }).tap();
    await dialog.getByRole("radio", { name: "4" }).check();
    await page.mouse.move(viewport.width / 2, viewport.height / 2);
    await dialog.getByRole("heading").scrollIntoViewIfNeeded();
    await page.mouse.wheel(0, 2000);
    await page.waitForFunction(() => {
      const end = document.querySelector("parley-chat").shadowRoot.querySelector("[type=submit][part=send]").getBoundingClientRect();
      return end.height > 0 && end.bottom <= innerHeight;
    });
    await dialog.getByRole("heading").scrollIntoViewIfNeeded();
    await dialog.getByRole("button", { name: "Close chat" }).tap();
    assert.equal(await page.locator("main").evaluate((element) => element.inert), false);
    assert.equal(await focused(page), "Open chat");
    await page.context().close();
  }
});

test("text on any accent can be read", async () => {
  const page = await openWidget(browser, host.url);
  const accents = ["#1890ff", "#1f93ff", "#ffffff", "#000", "yellow", "#0a7", "#777", "#757575", "#767676", "hotpink",
    "oklch(0.6 0.2 150)", "hsl(20 90% 50%)"];
  for (let n = 0; n < 200; n++) accents.push(`rgb(${(n * 53) % 256} ${(n * 101) % 256} ${(n * 197) % 256})`);
  const poor = await page.evaluate((colours) => {
    const element = document.querySelector("parley-chat");
    const button = element.shadowRoot.querySelector(".launcher");
    const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const luminance = (colour) => {
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 1, 1);
      const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data].map((v) => v / 255)
        .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    return colours.map((colour) => {
      element.style.setProperty("--chat-accent", colour);
      const style = getComputedStyle(button);
      const [low, high] = [luminance(style.color), luminance(style.backgroundColor)].sort((a, b) => a - b);
      return [colour, (high + 0.05) / (low + 0.05)];
    }).filter(([, contrast]) => contrast < 4.5);
  }, accents);
  assert.deepEqual(poor, []);
  await page.evaluate(() => {
    const element = document.querySelector("parley-chat");
    element.style.setProperty("--chat-accent", "#fff");
    element.style.setProperty("--chat-accent-text", "rgb(1, 2, 3)");
  });
  assert.equal(await page.locator("parley-chat .launcher").evaluate((e) => getComputedStyle(e).color), "rgb(1, 2, 3)");
  await page.context().close();
});

test("forced colours and reduced motion: all is still told apart, and nothing moves", async () => {
  const page = await openWidget(browser, host.url, { forcedColors: "active", reducedMotion: "reduce" });
  await launch(page);
  await ask(page, "hello");
  assert.equal(await page.locator("parley-chat article.mine .text").evaluate((e) => getComputedStyle(e).borderTopStyle), "solid");
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
  await page.context().close();
});

test("what a screen reader is given: a log by name, messages by sender and time", async () => {
  const page = await openWidget(browser, host.url);
  await wait(page, "I was charged twice");
  const tree = await page.locator("parley-chat").ariaSnapshot();
  for (const line of [/dialog "Support chat"/, /log "Conversation"/, /article "You, \d\d:\d\d"/,
    /article "Assistant \(AI assistant\), \d\d:\d\d"/, /status: You are number \d+ in the queue/, /textbox "Your message"/,
    /button "Close chat" \[expanded\]/]) assert.match(tree, line);
  assert.doesNotMatch(tree, /⏱/, "decoration is not read out");
  await page.context().close();
});
