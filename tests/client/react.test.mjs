/* The specification's snippets with React, in Chromium, against the daemon and the server. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DEADLINE, openBrowser, openPage, openStage, require } from "../browser/stage.mjs";
import { modules, openProject } from "./project.mjs";

let stage;
let browser;
let project;

before(async () => {
  project = openProject();
  [stage, browser] = await Promise.all([openStage(), openBrowser()]);
});
after(async () => {
  await browser?.close();
  await stage?.close();
  project?.close();
});

const begin = async () => {
  const answer = await fetch(stage.url + "/api/chats", { method: "POST", body: "{}",
    headers: { "Content-Type": "application/json" } });
  const { chat, token } = await answer.json();
  const post = async (path, body) => (await fetch(stage.url + path, { method: "POST", body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", Authorization: "Bearer " + token } })).json();
  return { id: chat.id, token, post };
};

/* A hook needs a component around it; all else stands as it is in the specification, but for the chat's id. */
const component = (name, id) => {
  const text = readFileSync(join(project.folder, "snippets", name), "utf8").replaceAll("chat_123", id);
  const cut = text.indexOf("\n\n");
  const [imports, body] = [text.slice(0, cut), text.slice(cut)];
  if (body.trimStart().startsWith("<")) return `${imports}\nexport default () => (${body});`;
  const [hook, rest] = body.split("// Send a message\n");
  return `${imports}\nexport default () => {${hook}
    window.seen = { isConnected, error, send: async () => { ${rest} } };
    return <p>{isConnected ? "connected" : "not connected"}</p>; };`;
};

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

/* React as it is, and the first that has hooks. */
const REACTS = {
  newest: { main: `
    import { createRoot } from "react-dom/client";
    const root = createRoot(at);
    window.unmount = () => root.unmount();
    root.render(view);` },
  "16.8": { tsconfigRaw: { compilerOptions: { jsx: "react" } }, inject: ["react.js"],
    alias: { react: join(modules, "react-oldest"), "react-dom": join(modules, "react-dom-oldest") }, main: `
    import { render, unmountComponentAtNode } from "react-dom";
    window.unmount = () => unmountComponentAtNode(at);
    render(view, at);` },
};

/* One page with one component in strict mode, from the daemon's origin. */
const show = async (context, source, settings, react = "newest") => {
  const { main, ...how } = REACTS[react];
  project.write("view.tsx", source);
  project.write("react.js", 'export * as React from "react";');
  project.write("main.tsx", `
    import { StrictMode } from "react";
    import { configure } from "parley-react";
    import View from "./view";
    configure(${JSON.stringify(settings)});
    const at = document.body.appendChild(document.createElement("main"));
    const view = <StrictMode><View /></StrictMode>;
    ${main}`);
  const made = await require("esbuild").build({
    absWorkingDir: project.folder, bundle: true, write: false, format: "esm", charset: "utf8", ...how,
    entryPoints: ["main.tsx"], define: { "process.env.NODE_ENV": '"development"' },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(DEADLINE);
  page.lines = [];
  page.streams = new Set();
  page.on("console", (line) => page.lines.push(line.text()));
  page.on("pageerror", (error) => page.lines.push("error: " + error));
  page.on("request", (r) => r.url().includes("/events") && page.streams.add(r));
  for (const over of ["requestfailed", "requestfinished"]) page.on(over, (r) => page.streams.delete(r));
  await page.route(stage.url + "/react-test", (route) => route.fulfill({ contentType: "text/html",
    body: `<!doctype html><title>t</title><body><script type="module">${made.outputFiles[0].text.replaceAll("</script", "<\\/script")}</script>` }));
  await page.goto(stage.url + "/react-test");
  return page;
};

/* Waits until a line in the console or a request makes it true. */
const until = (page, what, is) => new Promise((done, failed) => {
  const events = ["console", "pageerror", "request", "requestfailed", "requestfinished"];
  const end = (settle, value) => {
    clearTimeout(deadline);
    for (const event of events) page.off(event, look);
    settle(value);
  };
  const deadline = setTimeout(() => end(failed, new Error("never: " + what)), DEADLINE);
  const look = () => is() && end(done);
  for (const event of events) page.on(event, look);
  look();
});

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
    assert.deepEqual(page.lines.filter((l) => l.startsWith("error")), []);
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

    const context = await browser.newContext();
    const link = (await stage.call("command", { words: ["agent", "login-link", "tom@localhost"] })).trim();
    const console_ = await openPage(context, link);
    await console_.getByRole("button", { name: "Sign in" }).click();
    await console_.getByRole("heading", { name: "Chats" }).waitFor();
    await console_.close();
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
    for (const page of [customer, agent]) assert.deepEqual(page.lines.filter((l) => l.startsWith("error")), []);
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
