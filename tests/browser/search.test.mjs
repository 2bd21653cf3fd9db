/* Agents find a chat by what they know of its customer. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { agentCall, consoleOf, focusIs, openChat, waitingOf } from "./desk.mjs";
import { axe } from "./widget.mjs";
import { browser, scene, stage } from "./scene.mjs";

scene();

let number = 0;
/* A word that nobody else's chats have. */
const word = () => `w${process.pid}q${++number}x`.replace(/[01]/g, "z");
const box = (page) => page.getByRole("searchbox", { name: "Search chats" });
const row = (page, chat) => page.locator(`[data-chat="${chat}"]`);
const says = (page, text) => page.locator(".found", { hasText: text }).waitFor();
const onRow = (page, chat) => page.waitForFunction((id) => document.activeElement?.closest("[data-chat]")?.dataset.chat === id, chat);
const shown = (page) => page.locator("[data-chat]").evaluateAll((all) => all.map((one) => one.dataset.chat));

test("a customer is found by name, address and reason, within a tab, and Back gives the queue back", async () => {
  const one = word();
  const mia = await waitingOf(stage, { name: `Mia ${one}`, email: `m@${one}.example` }, "Hello", "broken lamp");
  const ann = await waitingOf(stage, { name: `Ann ${one}` }, "Hello", "late parcel");
  const page = await consoleOf(stage, browser, "sarah");
  await row(page, ann.chat).waitFor();
  await box(page).fill(`${one.toUpperCase()} lam`);
  await says(page, "1 chat found");
  assert.deepEqual(await shown(page), [mia.chat]);
  await row(page, mia.chat).getByText(`m@${one}.example`).waitFor();
  await box(page).fill(one);
  await says(page, "2 chats found");
  assert.deepEqual(await shown(page), [mia.chat, ann.chat]);
  assert.equal(new URL(page.url()).searchParams.get("q"), one);

  await agentCall(stage, "sarah", "POST", `/api/chats/${ann.chat}/assign`);
  await page.getByRole("link", { name: /Assigned Chats/ }).click();
  await says(page, "1 chat found");
  assert.deepEqual(await shown(page), [ann.chat]);
  await page.getByRole("link", { name: /Needs Response/ }).click();
  await row(page, mia.chat).waitFor();
  await openChat(page, mia.chat);
  await page.getByRole("heading", { name: `Mia ${one}` }).waitFor();
  assert.deepEqual(await shown(page), [mia.chat]);
  for (let n = 0; n < 3; n++) await page.goBack();
  await says(page, "2 chats found");
  await page.goBack();
  await page.waitForFunction(() => !document.querySelector(".found").textContent && !document.getElementById("search").value);
  await page.goForward();
  await says(page, "2 chats found");
  await page.reload();
  await says(page, "2 chats found");
  assert.equal(await box(page).inputValue(), one);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test("keys alone: the slash begins, Enter goes to what is found, Escape gives the queue back", async () => {
  const one = word();
  const [first, second] = [await waitingOf(stage, { name: `Otto ${one}` }), await waitingOf(stage, { name: `Paul ${one}` })];
  const page = await consoleOf(stage, browser, "sarah");
  await row(page, second.chat).waitFor();
  await focusIs(page, "Chats");
  await page.keyboard.press("/");
  await focusIs(page, "Search chats");
  await page.keyboard.type(one);
  await page.keyboard.press("Enter");
  await onRow(page, first.chat);
  await page.keyboard.press("j");
  await onRow(page, second.chat);
  await page.keyboard.press("k");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement.tagName === "H2");
  await page.keyboard.press("/");
  await focusIs(page, "Search chats");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !document.querySelector(".found").textContent && !location.search.includes("q="));
  assert.equal(await box(page).inputValue(), "");
  await focusIs(page, `Otto ${one}`);
  await page.keyboard.press("?");
  await page.getByRole("dialog").getByText("search").waitFor();
  await page.keyboard.press("Escape");
  await page.getByText("Settings").click();
  await page.getByRole("checkbox", { name: /Keyboard shortcuts/ }).uncheck();
  await page.getByRole("heading", { name: `Otto ${one}` }).focus();
  await page.keyboard.press("/");
  await page.getByText("Settings").click();
  await page.getByRole("checkbox", { name: /Keyboard shortcuts/ }).waitFor({ state: "hidden" });
  assert.equal(await page.evaluate(() => document.activeElement.id), "");
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test("who goes to the search while a chat is on its way writes there on", async () => {
  const customer = await waitingOf(stage, { name: "Rita" });
  const page = await consoleOf(stage, browser, "sarah");
  let come;
  const held = new Promise((resolve) => { come = resolve; });
  for (const what of ["chats?*", `chats/${customer.chat}`, "events"]) {
    await page.route("**/api/" + what, async (route) => {
      await held;
      await route.continue();
    });
  }
  await page.goto(`${stage.url}/app/chats/${customer.chat}`);
  await page.locator(".chat[aria-busy]").waitFor();
  await page.keyboard.press("/");
  await focusIs(page, "Search chats");
  come();
  await page.locator(".chat h2").waitFor();
  await page.keyboard.type("rit");
  await page.waitForFunction(() => location.search.includes("q=rit"));
  assert.equal(await box(page).inputValue(), "rit");
  await focusIs(page, "Search chats");
  await page.context().close();
});

test("on a phone the slash leaves the chat for the search", async () => {
  const customer = await waitingOf(stage, { name: "Quentin" });
  const page = await consoleOf(stage, browser, "sarah", { viewport: { width: 320, height: 640 } });
  await openChat(page, customer.chat);
  await page.getByRole("heading", { name: "Quentin" }).focus();
  await page.keyboard.press("/");
  await focusIs(page, "Search chats");
  await page.context().close();
});

test("what is shown stays right while it is shown", async () => {
  const [one, two] = [word(), word()];
  const first = await waitingOf(stage, { name: `Rosa ${one}` });
  const page = await consoleOf(stage, browser, "sarah");
  await box(page).fill(one);
  await says(page, "1 chat found");
  await agentCall(stage, "tom", "POST", `/api/chats/${first.chat}/assign`);
  await row(page, first.chat).locator(".badge.assigned", { hasText: "Tom" }).waitFor();
  const second = await waitingOf(stage, { name: `Sven ${one}` });
  await row(page, second.chat).waitFor();
  await says(page, "2 chats found");
  await agentCall(stage, "tom", "PATCH", `/api/chats/${first.chat}`, { name: two });
  await row(page, first.chat).waitFor({ state: "detached" });
  await says(page, "1 chat found");
  await page.context().close();
});

test("that nothing is found, and why not, is said in words, and axe finds nothing in any state", async () => {
  const one = word();
  const customer = await waitingOf(stage, { name: `Tina ${one}` });
  for (const colorScheme of ["light", "dark"]) {
    const page = await consoleOf(stage, browser, "sarah", { colorScheme });
    await row(page, customer.chat).waitFor();
    await box(page).fill(one);
    await says(page, "1 chat found");
    await axe(page, "found", "html");
    await box(page).fill(`nobody${one}`);
    await says(page, `Nothing found for “nobody${one}”.`);
    assert.deepEqual(await shown(page), []);
    await axe(page, "nothing found", "html");
    await box(page).fill("a b c d e f g h j");
    await says(page, "A search has at most 8 words");
    await axe(page, "too many words", "html");
    assert.deepEqual(page.faults.filter((fault) => !fault.includes("400")), []);
    await page.context().close();
  }
});

test("hostile words are only words", async () => {
  const one = word();
  const customer = await waitingOf(stage, { name: `Ugo ${one}` });
  const page = await consoleOf(stage, browser, "sarah");
  await row(page, customer.chat).waitFor();
  for (const text of [`"><img src=x onerror=alert(1)>`, `' OR 1=1 --`, `%_*`, `${one}%`, `&filter=assigned&q=`, "#?/..", "\u202e\u0000x",
    "<script>alert(1)</script>", "…".repeat(80)]) {
    await box(page).fill(text);
    await page.waitForFunction((wanted) => new URLSearchParams(location.search).get("q") === wanted.trim()
      && document.querySelector(".found").textContent, text);
    assert.equal(await page.locator(".found img, .found script").count(), 0);
  }
  await box(page).fill(`q&q=${one}`);
  await says(page, "Nothing found");
  await box(page).fill(one);
  await says(page, "1 chat found");
  assert.deepEqual(page.faults.filter((fault) => !fault.includes("400")), []);
  await page.context().close();
});
