/* Makes the pictures of docs/WIDGET.md:  node tests/browser/pictures.mjs
 * Installs a font with emoji, as root or with sudo, if there is none. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chatOf, openBrowser, openStage } from "./stage.mjs";
import { ask, joined, launch, openHost, openWidget, write } from "./widget.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const out = join(root, "docs/pictures");
execFileSync("sh", ["-c", ". config/packages.sh; packages_need fonts-noto-color-emoji"], { cwd: root, stdio: "inherit" });
mkdirSync(out, { recursive: true });

const SIZE = { width: 760, height: 640 };
const CLIP = { x: 316, y: 0, width: 444, height: 640 };

async function walk(page, name, clip) {
  const shoot = (state) => page.screenshot({ path: join(out, `widget-${state}-${name}.png`), ...(clip ? { clip } : {}) });
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

const [stage, browser] = await Promise.all([openStage(), openBrowser()]);
const host = await openHost(stage);
try {
  await host.list();
  for (const [name, path, options, clip] of [
    ["light", "/", { viewport: SIZE }, CLIP], ["dark", "/dark", { viewport: SIZE, colorScheme: "dark" }, CLIP],
    ["phone-arabic", "/ar", { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true }],
  ]) {
    const page = await openWidget(browser, host.url + path, options);
    await walk(page, name, clip);
    await page.context().close();
  }
} finally {
  await browser.close();
  await host.close();
  await stage.close();
}
