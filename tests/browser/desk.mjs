/* The agents' console, and customers without a page. */
import assert from "node:assert/strict";
import { DEADLINE, openPage } from "./stage.mjs";

const linkOf = async (stage, agent) =>
  (await stage.call("command", { words: ["agent", "login-link", `${agent}@localhost`] })).trim();

/* The page of a link that lets this agent in, before it is used. */
export const linkPage = async (stage, browser, agent, options = {}) =>
  openPage(await browser.newContext({ locale: "en-GB", timezoneId: "UTC", ...options }), await linkOf(stage, agent));

/* The console of an agent who is in. */
export async function consoleOf(stage, browser, agent, options = {}) {
  const page = await linkPage(stage, browser, agent, options);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Chats", exact: true }).waitFor();
  return page;
}

export const write = async (page, text) => {
  await page.locator("textarea").fill(text);
  await page.keyboard.press("Enter");
};

/* A customer by the API alone. */
export async function customerOf(stage, begin = {}) {
  const ask = async (path, body, token) => {
    const answer = await fetch(stage.url + path, { method: "POST", body: JSON.stringify(body),
      headers: { "Content-Type": "application/json", ...(token ? { Authorization: "Bearer " + token } : {}) } });
    const json = answer.status === 204 ? null : await answer.json();
    assert.ok(answer.ok, `${path}: ${answer.status} ${JSON.stringify(json)}`);
    return json;
  };
  const { chat: { id }, token } = await ask("/api/chats", begin);
  return {
    chat: id,
    token,
    say: (content) => ask(`/api/chats/${id}/messages`, { content }, token),
    /* until the assistant has said something */
    answered: async () => {
      const stop = AbortSignal.timeout(DEADLINE);
      const stream = await fetch(`${stage.url}/api/chats/${id}/events`, { headers: { Authorization: "Bearer " + token }, signal: stop });
      let said = "";
      for await (const piece of stream.body.pipeThrough(new TextDecoderStream())) {
        said += piece;
        if (/"role":"ASSISTANT"/.test(said)) return;
      }
      assert.fail("the stream ended without an answer: " + said);
    },
    escalate: (reason) => ask("/api/escalations", reason ? { chatId: id, reason } : { chatId: id }, token),
  };
}

/* One who waits for an agent. A question that the assistant has not answered by then never is, so its answer is
 * waited for: all these chats begin alike. */
export async function waitingOf(stage, begin = {}, text = "I have a question", reason = undefined) {
  const customer = await customerOf(stage, begin);
  await customer.say(text);
  await customer.answered();
  await customer.escalate(reason);
  return customer;
}

/* A call of the API by an agent's key. */
export async function agentCall(stage, agent, method, path, body = {}) {
  const answer = await fetch(stage.url + path, { method, body: method === "GET" ? undefined : JSON.stringify(body),
    headers: { "Content-Type": "application/json", Authorization: "Bearer " + stage.keys[agent] } });
  const json = answer.status === 204 ? null : await answer.json();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${JSON.stringify(json)}`);
  return json;
}

/* A chat is opened from its row. */
export const openChat = async (page, chat) => {
  await page.locator(`[data-chat="${chat}"] a`).click();
  await page.locator(".chat .head h2").waitFor();
  await page.locator(".chat .log article").first().waitFor();
};

/* Words of what has the focus. */
export const focusIs = (page, text) => page.waitForFunction((wanted) => {
  const at = document.activeElement;
  const own = at?.getAttribute("aria-label") || at?.labels?.[0]?.textContent || at?.textContent || at?.tagName;
  return at !== document.body && own?.trim().startsWith(wanted);
}, text);
