/* The other side of stage.py, and the browser. */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
export const require = createRequire(join(here, "../../webbridge/ui/package.json"));
const { chromium } = require("playwright-core");

export const PATIENCE = Number(process.env.PARLEY_TEST_PATIENCE ?? 1);
export const DEADLINE = 15_000 * PATIENCE;

/* XMPP server, daemon and agents' clients. Every method of stage.py's Stage can be called. */
export async function openStage(settings = null, more = {}) {
  const child = spawn("/usr/bin/python3", ["-B", join(here, "stage.py")],
    { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = new Map();
  let n = 0;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const answer = JSON.parse(line);
    const { done, failed } = waiting.get(answer.n);
    waiting.delete(answer.n);
    if (answer.error) failed(new Error(answer.error));
    else done(answer.ok);
  });
  const call = (name, values) => new Promise((done, failed) => {
    waiting.set(++n, { done, failed });
    child.stdin.write(JSON.stringify({ n, do: name, ...values }) + "\n");
  });
  child.on("exit", () => {
    for (const { failed } of waiting.values()) failed(new Error("the stage ended"));
  });
  const facts = await call("start", { settings, ...more });
  return {
    ...facts,
    call,
    close: async () => {
      await call("stop", {});
      child.stdin.end();
      await new Promise((done) => child.on("exit", done));
    },
  };
}

export function openBrowser() {
  return chromium.launch({
    executablePath: process.env.PARLEY_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/* A page that fails its test when it throws, or when the security policy stops something. */
export async function openPage(context, url) {
  const page = await context.newPage();
  page.setDefaultTimeout(DEADLINE);
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && /Content Security Policy|Trusted|Refused to/i.test(message.text()))
      page.faults.push(message.text());
  });
  await page.goto(url);
  return page;
}

/* The chat that a page of this origin holds. */
export const chatOf = (page, space = "default") =>
  page.evaluate((name) => JSON.parse(localStorage.getItem(name)), `parley:${space}:chat`);
