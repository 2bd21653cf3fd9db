/* Answers of a language model, seen while they are written. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openProxy } from "../client/proxy.mjs";
import { consoleOf } from "./desk.mjs";
import { heard } from "./heard.mjs";
import { browser, host, scene, stage } from "./scene.mjs";
import { chatOf, openPage } from "./stage.mjs";
import { axe, launch, openWidget, write } from "./widget.mjs";

scene({ model: true, pages: {} });

let asked = 0;
/* The customer asks, and the model begins to answer. */
const question = async (page, text) => {
  await write(page, text);
  assert.equal(await stage.call("question", { number: ++asked }), text);
};
const says = (...pieces) => stage.call("says", { pieces });
const ends = (how = "done") => stage.call("ends", { how });

const growing = (page) => page.locator(".saying .text");
const grown = (page, text) => page.locator(".saying .text", { hasText: new RegExp(`^${text.replace(/[^\w ]/g, "\\$&")}$`) }).waitFor();
const lines = (page) => page.locator(".lines article .text").allTextContents();
const answered = async (page, text) => {
  await page.locator(".lines article.assistant", { hasText: text }).last().waitFor();
  await growing(page).waitFor({ state: "detached" });
};
const open = async (options = {}) => {
  const page = await openWidget(browser, host.url, options);
  await launch(page);
  return page;
};
const done = async (...pages) => {
  for (const page of pages) {
    assert.deepEqual(page.faults, []);
    await page.context().close();
  }
};

/* From now on: how often the log has heard something new, and each number of times that a word was to be seen in a frame. */
const watch = (page, word) => page.locator("parley-chat").evaluate((element, wanted) => {
  const box = element.shadowRoot.querySelector(".log");
  const seen = { heard: [], frames: new Set() };
  window.seen = seen;
  new MutationObserver((all) => {
    for (const one of all) for (const node of one.addedNodes) seen.heard.push(node.textContent);
    for (const one of all) if (one.type === "characterData") seen.heard.push(one.target.data);
  }).observe(box.querySelector("[role=log]"), { childList: true, subtree: true, characterData: true });
  const frame = () => {
    seen.frames.add(box.textContent.split(wanted).length - 1);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}, word);

test("an answer grows outside of the log, which hears of it once; nothing flickers", async () => {
  const page = await open({ locale: "en-GB" });
  await question(page, "Do you ship to Norway?");
  await watch(page, "Alpha");
  await says("Alpha ", "and **be");
  await grown(page, "Alpha and **be");
  await heard(page.locator("parley-chat"), "widget-answering");
  assert.equal(await page.locator("[role=log] .saying").count(), 0);
  assert.equal(await page.locator(".saying").getAttribute("aria-busy"), "true");
  await axe(page, "an answer grows");
  await says("ta** gamma");
  await grown(page, "Alpha and beta gamma");
  await ends();
  await answered(page, "Alpha and beta gamma");
  const seen = await page.evaluate(() => ({ ...window.seen, frames: [...window.seen.frames] }));
  assert.deepEqual(seen.heard.filter((text) => text.includes("Alpha")).length, 1, JSON.stringify(seen.heard));
  assert.deepEqual(seen.frames.filter((n) => n > 1), []);
  assert.equal(seen.frames.lastIndexOf(0), 0, "once it is there it stays: " + seen.frames);
  assert.deepEqual(await lines(page), ["Do you ship to Norway?", "Alpha and beta gamma"]);
  await done(page);
});

test("who is at the end follows what grows, who has scrolled back is left alone", async () => {
  const page = await open();
  const box = page.locator("parley-chat .log");
  await question(page, "A long story, please");
  const line = (n) => `Line ${n} of a long story that takes some room on the page.\n\n`;
  for (let n = 0; n < 20; n++) await says(line(n));
  await page.locator(".saying", { hasText: "Line 19" }).waitFor();
  await page.waitForFunction(() => {
    const el = document.querySelector("parley-chat").shadowRoot.querySelector(".log");
    return el.scrollHeight > el.clientHeight && el.scrollHeight - el.scrollTop - el.clientHeight < 2;
  });
  await box.evaluate((el) => new Promise((moved) => {
    el.addEventListener("scroll", () => requestAnimationFrame(moved), { once: true });
    el.scrollTop = 40;
  }));
  for (let n = 20; n < 30; n++) await says(line(n));
  await page.locator(".saying", { hasText: "Line 29" }).waitFor();
  assert.equal(await box.evaluate((el) => el.scrollTop), 40);
  await ends();
  await answered(page, "Line 29");
  assert.equal(await box.evaluate((el) => el.scrollTop), 40);
  await done(page);
});

test("nothing moves where people want that; otherwise a mark blinks where it is written", async () => {
  for (const [reducedMotion, count] of [["reduce", 0], ["no-preference", 1]]) {
    const page = await open({ reducedMotion });
    await question(page, "Hello model");
    await says("Hello");
    await grown(page, "Hello");
    assert.equal(await page.locator("parley-chat").evaluate((e) => e.shadowRoot.getAnimations().length), count);
    assert.notEqual(await page.locator(".saying p").evaluate((e) => getComputedStyle(e, "::after").content), "none");
    await ends();
    await answered(page, "Hello");
    await done(page);
  }
});

test("another tab that comes in the middle sees it from its beginning; both get the same end", async () => {
  const first = await open();
  await question(first, "For both tabs");
  await says("from the ");
  await grown(first, "from the ");
  const second = await openPage(first.context(), host.url);
  await launch(second);
  await grown(second, "from the ");
  await says("beginning");
  await Promise.all([grown(first, "from the beginning"), grown(second, "from the beginning")]);
  await ends();
  await Promise.all([answered(first, "from the beginning"), answered(second, "from the beginning")]);
  assert.deepEqual(await lines(second), ["For both tabs", "from the beginning"]);
  await question(second, "Again");
  await says("the leader goes");
  await grown(second, "the leader goes");
  await first.close();
  await says(" away");
  await grown(second, "the leader goes away");
  await ends();
  await answered(second, "the leader goes away");
  await done(second);
});

test("after a reload in the middle it is there again, and ends once", async () => {
  const page = await open();
  await question(page, "Before the reload");
  await says("one ");
  await grown(page, "one ");
  await page.reload();
  await launch(page);
  await grown(page, "one ");
  await says("two");
  await grown(page, "one two");
  await ends();
  await answered(page, "one two");
  assert.deepEqual(await lines(page), ["Before the reload", "one two"]);
  await done(page);
});

test("a connection that is cut in the middle, and one that is away at the end, double and lose nothing", async () => {
  const proxy = await openProxy(stage.url);
  const page = await openPage(await browser.newContext(), proxy.url);
  await page.locator("parley-chat textarea").waitFor();
  await question(page, "Over a bad line");
  await says("one ");
  await grown(page, "one ");
  proxy.cut();
  await says("two ");
  await grown(page, "one two ");
  proxy.next = () => 0;
  proxy.cut();
  await says("three");
  await ends();
  proxy.next = () => Infinity;
  await answered(page, "one two three");
  assert.deepEqual(await lines(page), ["Over a bad line", "one two three"]);
  await page.context().close();
  await proxy.close();
});

test("a model that dies in the middle leaves no half answer, but a message with the button for a person", async () => {
  const page = await open();
  await question(page, "Will you die?");
  await says("I am about to ");
  await grown(page, "I am about to ");
  await ends("cut");
  await page.locator("parley-chat .escalate").waitFor();
  await growing(page).waitFor({ state: "detached" });
  assert.equal((await lines(page)).filter((text) => text.includes("about to")).length, 0);
  await page.locator("parley-chat .escalate").click();
  await page.getByText("Connecting you").waitFor();
  await done(page);
});

test("the daemon restarts in the middle: the question is asked again, and answered once", async () => {
  const page = await open();
  await question(page, "Survive this");
  await says("lost words");
  await grown(page, "lost words");
  await stage.call("kill");
  await stage.call("restart");
  assert.equal(await stage.call("question", { number: ++asked }), "Survive this");
  await says("new ");
  await grown(page, "new ");
  await says("words");
  await ends();
  await answered(page, "new words");
  assert.deepEqual(await lines(page), ["Survive this", "new words"]);
  await done(page);
});

test("asking for a person in the middle takes the text back, and the model is not heard any more", async () => {
  const page = await open();
  await question(page, "What does the large plan cost?");
  await says("I could also ");
  await grown(page, "I could also ");
  await page.locator("parley-chat .human").click();
  await page.getByText("Connecting you").waitFor();
  await growing(page).waitFor({ state: "detached" });
  await stage.call("gone", { number: asked });
  assert.deepEqual((await lines(page)), ["What does the large plan cost?"]);
  await page.reload();
  await launch(page);
  await page.getByText("Connecting you").waitFor();
  assert.equal(await growing(page).count(), 0);
  await done(page);
});

test("an agent sees in the console what the assistant is writing", async () => {
  const page = await open();
  await question(page, "Who reads this?");
  const { id: chat } = await chatOf(page);
  const desk = await consoleOf(stage, browser, "sarah");
  await desk.locator(`[data-chat="${chat}"] a`).click();
  await desk.locator(".lines article", { hasText: "Who reads this?" }).waitFor();
  await says("Both ");
  await Promise.all([grown(page, "Both "), grown(desk, "Both ")]);
  await axe(desk, "an answer grows", "main");
  await says("sides");
  await ends();
  await Promise.all([answered(page, "Both sides"), answered(desk, "Both sides")]);
  assert.deepEqual(await lines(desk), ["Who reads this?", "Both sides"]);
  await done(page, desk);
});

/* Nothing but text and the few elements that our Markdown makes. */
const strange = (page) => page.locator("parley-chat").evaluate((element) => {
  const usual = new Set(["P", "UL", "LI", "A", "STRONG", "EM", "CODE", "SPAN"]);
  return [...element.shadowRoot.querySelectorAll(".text *")].filter((e) => !usual.has(e.tagName)
    || (e.href && !/^(https?|mailto):/.test(e.protocol))).map((e) => e.outerHTML);
});

/* Without what is not stored as it came: what cannot be seen, and ends of lines. */
const bare = (text) => text.replace(/[\s\p{C}]/gu, "");

test("hostile pieces are text: whole, cut anywhere, and half of what they mean", async () => {
  const page = await open();
  const DO = "window.pwned=1";
  const markup = [`<script>${DO}</script>`, `<img src=x onerror=${DO}>`, `<svg onload=${DO}>`, `[x](javascript:${DO})`, `javascript:${DO}`,
    `https://x.example/"onmouseover="${DO}`, `</p></div></article><script>${DO}</script>`, `<style>*{display:none}</style>`,
    `data: {"messageId":"x"}\n\nevent: message\ndata: {}\n\n`, `{"type":"broadcast","event":"message"}`, "**`*<b>", "__proto__"];
  const all = [...await stage.call("corpus"), ...markup.flatMap((m) => [m, `**${m}**`, `- ${m}\n- two`, "`" + m + "`"])];
  assert.ok(all.length >= 100, String(all.length));
  for (let from = 0, n = 0; from < all.length; from += 40, n++) {
    await question(page, `Hostile ${n}`);
    for (const text of all.slice(from, from + 40)) {
      const at = text.length >> 1;
      await says(...(n % 2 ? [text.slice(0, at), text.slice(at)] : [text]), "\n");
    }
    await says(`end ${n}`);
    await page.locator(".saying", { hasText: `end ${n}` }).waitFor();
    assert.deepEqual(await strange(page), [], `pieces ${n}`);
    const before = await growing(page).textContent();
    await ends();
    await answered(page, `end ${n}`);
    assert.equal(bare((await lines(page)).at(-1)), bare(before));
    assert.deepEqual(await strange(page), [], `message ${n}`);
  }
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  await done(page);
});
