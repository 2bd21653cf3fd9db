/* What a customer is told and asked around the talk itself. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { chatOf, openPage } from "./stage.mjs";
import { ask, joined, launch, openWidget, wait } from "./widget.mjs";
import { browser, host, scene, stage } from "./scene.mjs";

scene({ pages: {} });

const active = (page, what) => page.waitForFunction((selector) =>
  document.querySelector("parley-chat").shadowRoot.activeElement?.matches(selector), what);
const asAgent = async (path, body) => {
  const answer = await fetch(stage.url + path, {
    ...(body ? { method: "POST", body: JSON.stringify(body) } : {}),
    headers: { Authorization: "Bearer " + stage.keys.sarah, "Content-Type": "application/json" },
  });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer.json();
};

/* ---- rating ------------------------------------------------------------------------------- */

test("an ended chat is rated by keys alone; the page, another tab and agents know of it", async () => {
  const page = await openWidget(browser, host.url);
  await page.evaluate(() => {
    window.told = [];
    Parley("on", "rating", (detail) => window.told.push(detail));
  });
  await wait(page);
  const { id: chat } = await chatOf(page);
  await joined(stage, page, chat);
  const other = await openPage(page.context(), host.url);
  await launch(other);
  await asAgent(`/api/chats/${chat}/close`, {});
  const group = page.getByRole("group", { name: /How was this chat/ });
  await group.waitFor();
  assert.equal(await page.getByLabel("Anything to add?").count(), 0, "nothing is asked before there is a score");
  await group.getByRole("radio", { name: "1" }).focus();
  for (let n = 0; n < 3; n++) await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => document.querySelector("parley-chat").shadowRoot
    .querySelector("input[type=radio]:checked")?.parentElement.textContent.trim() === "4");
  await page.keyboard.press("Tab");
  await active(page, ".rating textarea");
  await page.keyboard.type("quick and kind");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.locator("parley-chat .notice", { hasText: "Rating: 4/5" }).waitFor();
  await group.waitFor({ state: "detached" });
  await active(page, "#text");
  await page.waitForFunction(() => window.told.length === 1 && window.told[0].score === 4);
  await other.locator("parley-chat .notice", { hasText: "Rating: 4/5" }).waitFor();
  await other.locator("parley-chat .rating").waitFor({ state: "detached" });
  const { rating } = await asAgent(`/api/chats/${chat}`);
  assert.deepEqual([rating.score, rating.comment], [4, "quick and kind"]);
  await page.reload();
  await launch(page);
  await page.locator("parley-chat .notice", { hasText: "Rating: 4/5" }).waitFor();
  assert.equal(await page.locator("parley-chat .rating").count(), 0, "it is asked once");
  await page.context().close();
});

test("what was rated in vain can be sent again; in another language, and without a comment", async () => {
  const page = await openWidget(browser, host.url + "/de");
  await launch(page);
  await ask(page, "Hallo");
  await page.getByRole("button", { name: "Mehr" }).click();
  await page.getByRole("button", { name: "Chat beenden" }).click();
  await page.getByRole("button", { name: "Ja, beenden" }).click();
  const group = page.getByRole("group", { name: /Wie war dieser Chat/ });
  await group.getByRole("radio", { name: "2" }).check();
  await page.route("**/rating", (route) => route.abort());
  await page.getByRole("button", { name: "Bewertung senden" }).click();
  await page.getByRole("alert").filter({ hasText: /./ }).waitFor();
  await page.unroute("**/rating");
  await page.getByRole("button", { name: "Bewertung senden" }).click();
  await page.locator("parley-chat .notice", { hasText: "Bewertung: 2/5" }).waitFor();
  await page.context().close();
});

/* ---- waiting ------------------------------------------------------------------------------ */

const begun = async () => {
  const post = async (path, body, token) => (await fetch(stage.url + path, { method: "POST", body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", ...(token ? { Authorization: "Bearer " + token } : {}) } })).json();
  const { chat, token } = await post("/api/chats", {});
  await post("/api/escalations", { chatId: chat.id }, token);
  return chat.id;
};
const place = async (page, match) => {
  const said = await page.waitForFunction((source) => {
    const text = document.querySelector("parley-chat").shadowRoot.querySelector("[role=status]").textContent;
    return new RegExp(source).exec(text)?.[1];
  }, match.source);
  return Number(await said.jsonValue());
};

test("who waits sees the place change, after a reload too; the estimate is shown but not read out", async () => {
  for (let n = 0; n < 5; n++) await asAgent(`/api/chats/${await begun()}/assign`, {});
  const ahead = await begun();
  const page = await openWidget(browser, host.url);
  await wait(page);
  const at = await place(page, /number (\d+) in the queue/);
  assert.ok(at > 1);
  await page.locator("parley-chat .status").getByText(/^About \d+ minute/).waitFor();
  assert.doesNotMatch(await page.getByRole("status").innerText(), /minute/);
  await page.reload();
  await launch(page);
  assert.equal(await place(page, /number (\d+) in the queue/), at);
  await asAgent(`/api/chats/${ahead}/assign`, {});
  await place(page, new RegExp(`number (${at - 1}) in the queue`));
  const { id: chat } = await chatOf(page);
  await joined(stage, page, chat);
  await page.waitForFunction(() => document.querySelector("parley-chat").shadowRoot
    .querySelector(".status").textContent === "");
  await stage.call("leave", { agent: "sarah", chat }); /* and is nowhere on duty */
  await page.context().close();
});

test("who waits while nobody is there is told so, until somebody is", async () => {
  const page = await openWidget(browser, host.url);
  await wait(page);
  const status = page.getByRole("status");
  await status.getByText("No agent is there at the moment").waitFor();
  await stage.call("duty", { agent: "tom", on: true });
  await status.getByText("No agent is there at the moment").waitFor({ state: "detached" });
  await stage.call("duty", { agent: "tom", on: false });
  await status.getByText("No agent is there at the moment").waitFor();
  await page.context().close();
});

/* ---- the end of the browser's access -------------------------------------------------------- */

test("reset ends the token on the server, and forgets the chat where the server is away", async () => {
  const page = await openWidget(browser, host.url);
  await launch(page);
  await ask(page, "hello");
  const { id, token } = await chatOf(page);
  const revoked = page.waitForResponse((answer) => answer.url().endsWith("/revoke") && answer.request().method() === "POST");
  await page.evaluate(() => Parley("reset"));
  assert.equal((await revoked).status(), 204);
  const asked = await fetch(`${stage.url}/api/chats/${id}`, { headers: { Authorization: "Bearer " + token } });
  assert.equal(asked.status, 401);
  assert.equal(await chatOf(page), null);
  await ask(page, "another one");
  await page.route("**/revoke", (route) => route.abort());
  await page.evaluate(() => Parley("reset"));
  await page.locator("parley-chat article").first().waitFor({ state: "detached" });
  assert.equal(await chatOf(page), null);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
