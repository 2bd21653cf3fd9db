/* The widget in a page of another origin, as its owner would embed it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { openPage, require } from "./stage.mjs";

const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/* A server of a few small pages, whose policy allows nothing but what the widget is said to need. */
export async function openHost(stage, extra = {}) {
  const policy = `default-src 'none'; script-src 'self' ${stage.url}; connect-src ${stage.url}; img-src data: ${stage.url}; base-uri 'none'; `
    + "require-trusted-types-for 'script'; trusted-types 'none'";
  const page = (attributes = "", more = "") => "<!doctype html><html lang=en><head><meta charset=utf-8>"
    + "<meta name=viewport content='width=device-width, initial-scale=1'><title>A shop</title>"
    + `<link rel=icon href=data:,><script src=/stub.js></script>${more}`
    + `<script async src="${stage.url}/widget.js" ${attributes}></script></head>`
    + "<body><main><h1>Shop</h1><p>Many things.</p><button id=buy>Buy</button></main></body></html>";
  const files = {
    "/stub.js": "window.Parley = window.Parley || function () { (Parley.q = Parley.q || []).push(arguments); };"
      + "addEventListener('securitypolicyviolation', (e) => console.error('Content Security Policy: ' + e.violatedDirective));",
    "/": page(),
    "/de": page("data-locale=de"),
    "/ar": page("data-locale=ar"),
    "/dark": page("data-scheme=dark"),
    ...Object.fromEntries(Object.entries(extra).map(([path, content]) =>
      [path, typeof content === "function" ? content(page) : content])),
  };
  const server = createServer((request, answer) => {
    const content = files[new URL(request.url, "http://x").pathname];
    if (content === undefined) return answer.writeHead(404).end();
    return answer.writeHead(200, {
      "Content-Type": request.url.endsWith(".js") ? "text/javascript" : "text/html",
      "Content-Security-Policy": policy,
    }).end(content);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${server.address().port}`;
  return {
    url,
    list: () => stage.call("command", { words: ["organization", "add", "default", "--origin", url] }),
    close: () => new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    }),
  };
}

/* A page with the widget, whose launcher is there. */
export async function openWidget(browser, url, options = {}) {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  const page = await openPage(context, url);
  await page.locator("parley-chat .launcher").waitFor();
  return page;
}

export const launch = async (page) => {
  await page.locator("parley-chat .launcher").click();
  await page.locator("parley-chat textarea").waitFor();
};

export const write = async (page, text) => {
  await page.locator("parley-chat textarea").fill(text);
  await page.keyboard.press("Enter");
};

/* Written and stored; the assistant's answer is there. */
export const ask = async (page, text) => {
  const answers = await page.locator("parley-chat article.assistant").count();
  await write(page, text);
  await page.locator("parley-chat article.assistant").nth(answers).waitFor();
};

/* A chat that waits for an agent. */
export const wait = async (page, text = "I have a question") => {
  await launch(page);
  await ask(page, text);
  await page.locator("parley-chat .human").click();
  await page.getByText("Connecting you to a support agent. Please wait...").waitFor();
};

export const joined = async (stage, page, chat, agent = "sarah") => {
  await stage.call("join", { agent, chat });
  await page.locator("parley-chat .notice", { hasText: "✅" }).last().waitFor();
};

/* No violation of WCAG 2.2 AA or of axe's good practice in the widget, or in another part of a page. */
export async function axe(page, state, part = "parley-chat") {
  await page.evaluate(AXE);
  const found = await page.evaluate((selector) => window.axe.run(selector, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }), part);
  const violations = found.violations.map((v) =>
    `${v.id}: ${v.nodes.map((n) => `${n.target.flat().join(" ")} (${n.failureSummary})`).join("; ")}`);
  assert.deepEqual(violations, [], state);
  assert.ok(found.passes.length > 0, state);
}
