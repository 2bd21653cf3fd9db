/* Agents' ways into the console. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { linkPage } from "./desk.mjs";
import { openPage } from "./stage.mjs";
import { browser, scene, stage } from "./scene.mjs";

scene();

const ask = async (page, jid) => {
  await page.getByLabel("Your XMPP address").fill(jid);
  await page.getByRole("button", { name: "Sign in" }).click();
  return (await page.locator(".code").innerText()).replace("ok ", "");
};

test("an agent who answers with the code is in, until it signs out", async () => {
  const context = await browser.newContext();
  await stage.call("present", { agent: "sarah" });
  const page = await openPage(context, stage.url + "/app/chats");
  const code = await ask(page, "  Sarah@LOCALHOST ");
  const asked = await stage.call("asked", { agent: "sarah", word: code });
  assert.match(asked.body, new RegExp(`ok ${code}`));
  assert.equal(asked.confirm.id, code);
  await stage.call("write", { agent: "sarah", text: `ok ${code}` });
  await page.getByRole("heading", { name: "Chats" }).waitFor();

  const cookies = await context.cookies();
  const [session] = cookies.filter((c) => c.name === "parley");
  assert.ok(session.httpOnly);
  assert.equal(session.sameSite, "Lax");
  await page.reload();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Your XMPP address").waitFor();
  await page.reload();
  await page.getByLabel("Your XMPP address").waitFor();
  assert.deepEqual(page.faults, []);
  await context.close();
});

test("a client that confirms by XEP-0070 lets the browser in", async () => {
  const context = await browser.newContext();
  await stage.call("present", { agent: "tom" });
  const page = await openPage(context, stage.url + "/login");
  const code = await ask(page, "tom@localhost");
  await stage.call("asked", { agent: "tom", word: code });
  await stage.call("confirm", { agent: "tom", code });
  await page.getByRole("heading", { name: "Chats" }).waitFor();
  await context.close();
});

test("a link is as good as before when the network failed", async () => {
  const page = await linkPage(stage, browser, "sarah");
  await page.route("**/api/auth/link", (route) => route.abort());
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").filter({ hasText: "did not answer" }).waitFor();
  await page.unroute("**/api/auth/link");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Chats", exact: true }).waitFor();
  await page.context().close();
});

test("the link works in the browser that asked, and in no other", async () => {
  const [mine, other] = [await browser.newContext(), await browser.newContext()];
  await stage.call("present", { agent: "nina" });
  const page = await openPage(mine, stage.url + "/login");
  const code = await ask(page, "nina@localhost");
  const { body } = await stage.call("asked", { agent: "nina", word: code });
  const [link] = /http\S+/.exec(body);
  const stolen = await openPage(other, link);
  await stolen.getByRole("button", { name: "Sign in" }).click();
  await stolen.getByText("made for another browser").waitFor();
  const second = await openPage(mine, link);
  await second.getByRole("button", { name: "Sign in" }).click();
  await second.getByRole("heading", { name: "Chats" }).waitFor();
  await mine.close();
  await other.close();
});

test("who says no stays out, and a stranger learns nothing", async () => {
  const context = await browser.newContext();
  await stage.call("present", { agent: "sarah" });
  const page = await openPage(context, stage.url + "/login");
  const code = await ask(page, "sarah@localhost");
  await stage.call("asked", { agent: "sarah", word: code });
  await stage.call("write", { agent: "sarah", text: "no" });
  await page.getByText("The login was refused.").waitFor();
  await ask(page, "nobody@localhost");
  await page.getByText("if that is an agent's address").waitFor();
  await context.close();
});

test("the management command's link opens the console once", async () => {
  const context = await browser.newContext();
  const link = (await stage.call("command", { words: ["agent", "login-link", "sarah@localhost"] })).trim();
  const page = await openPage(context, link);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Chats" }).waitFor();
  const again = await openPage(await browser.newContext(), link);
  await again.getByRole("button", { name: "Sign in" }).click();
  await again.getByText("This link is used up").waitFor();
  await context.close();
});

test("another site's page cannot act with the session's cookie", async () => {
  const context = await browser.newContext();
  const link = (await stage.call("command", { words: ["agent", "login-link", "sarah@localhost"] })).trim();
  const page = await openPage(context, link);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Chats" }).waitFor();
  const [{ value }] = (await context.cookies()).filter((c) => c.name === "parley");
  const logout = (headers) => fetch(stage.url + "/api/auth/logout", { method: "POST", body: "{}",
    headers: { Cookie: `parley=${value}`, ...headers } });
  const json = { "Content-Type": "application/json" };
  assert.equal((await logout({ ...json, Origin: "https://evil.example" })).status, 403);
  assert.equal((await logout(json)).status, 403);
  assert.equal((await logout({ "Content-Type": "text/plain", Origin: stage.url })).status, 415);
  assert.equal((await fetch(stage.url + "/api/me", { headers: { Authorization: `Bearer ${value}` } })).status, 401);
  assert.equal((await logout({ ...json, Origin: stage.url })).status, 204);
  await context.close();
});
