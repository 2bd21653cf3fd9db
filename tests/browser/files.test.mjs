/* Files: the customer's, by button, paste and drop, and the agent's in the console. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { chatOf, DEADLINE, openPage } from "./stage.mjs";
import { axe, joined, launch, openWidget, wait, write } from "./widget.mjs";
import { browser, host, scene, stage } from "./scene.mjs";

const MOST = 100_000;
scene({ settings: { upload: { domain: "upload.localhost", file_bytes: MOST } }, pages: {} });

/* One pixel, which the page shows larger. */
const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==", "base64");
const picture = (name) => ({ name, mimeType: "image/png", buffer: PNG });
const text = (name, content = "one\ntwo\n") => ({ name, mimeType: "text/plain", buffer: Buffer.from(content) });

const choose = (page, file) => page.locator("input[type=file]").setInputFiles(file);

/* The chat's files as the server has them, in order. */
const stored = async (page) => {
  const { id, token } = await chatOf(page);
  const answer = await fetch(`${stage.url}/api/chats/${id}/messages`, { headers: { Authorization: "Bearer " + token } });
  return (await answer.json()).items.flatMap((m) => m.attachments);
};

/* A widget whose chat waits for an agent, and so takes files. */
const open = async () => {
  const page = await openWidget(browser, host.url);
  await wait(page);
  await page.getByRole("button", { name: "Attach a file" }).waitFor();
  /* With the answer to the call for a person the focus goes to the box: before that no key is sure. */
  await page.locator("parley-chat .status", { hasText: "in the queue" }).waitFor();
  return page;
};

const signIn = async (agent) => {
  const link = (await stage.call("command", { words: ["agent", "login-link", `${agent}@localhost`] })).trim();
  const page = await openPage(await browser.newContext(), link);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Chats" }).waitFor();
  return page;
};

test("a picture reaches the agent's client and stands in both pages at its place", async () => {
  const page = await open();
  const { id: chat } = await chatOf(page);
  await joined(stage, page, chat);
  await write(page, "look:");
  await choose(page, picture("my screen.png"));
  const image = page.locator("parley-chat .log").getByRole("img", { name: "my screen.png" });
  await image.waitFor();
  await image.evaluate((e) => e.complete && e.naturalWidth === 1 || new Promise((done) => e.addEventListener("load", done)));
  const { width, height } = await image.boundingBox();
  assert.deepEqual([Math.round(width), height], [240, 160], "of a fixed size, whatever the picture's own");
  const [file] = await stored(page);
  assert.equal(file.name, "my screen.png");
  await stage.call("hears", { agent: "sarah", chat, text: file.url });
  assert.equal(await page.locator("parley-chat .log a").getAttribute("href"), file.url);
  await axe(page, "a chat with a picture");
  await page.reload();
  await page.locator("parley-chat .launcher").click();
  await image.waitFor();
  const agent = await signIn("sarah");
  await agent.goto(`${stage.url}/app/chats/${chat}`);
  await agent.getByRole("img", { name: "my screen.png" }).waitFor();
  await choose(agent, text("bill.txt"));
  const link = page.locator("parley-chat .file");
  await link.waitFor();
  assert.equal(await link.textContent(), "bill.txt (0 kB)");
  assert.deepEqual([...page.faults, ...agent.faults], []);
  await agent.context().close();
  await page.context().close();
});

test("what is pasted and what is dropped is sent; text that is pasted is text", async () => {
  const page = await open();
  const give = (name, kind, words) => page.locator("parley-chat").evaluate((element, [n, k, w]) => {
    const data = new DataTransfer();
    data.items.add(new File(["one\ntwo\n"], n, { type: "text/plain" }));
    if (w) data.setData("text/plain", w);
    const to = element.shadowRoot.querySelector(k === "paste" ? "textarea" : ".log");
    const rest = { bubbles: true, cancelable: true, composed: true };
    to.dispatchEvent(k === "paste" ? new ClipboardEvent("paste", { clipboardData: data, ...rest })
      : new DragEvent("drop", { dataTransfer: data, ...rest }));
  }, [name, kind, words]);
  await give("table.txt", "paste", "a\tb");
  await give("pasted.txt", "paste");
  await page.locator("parley-chat .file a", { hasText: "pasted.txt" }).waitFor();
  await give("dropped.txt", "drop");
  await page.locator("parley-chat .file a", { hasText: "dropped.txt" }).waitFor();
  assert.deepEqual((await stored(page)).map((f) => f.name), ["pasted.txt", "dropped.txt"]);
  await page.context().close();
});

test("a file that nobody takes is not a way out of the page, and a text can be dropped where one writes", async () => {
  const prevented = (page, give) => page.locator("parley-chat textarea").evaluate((element, what) => {
    const data = new DataTransfer();
    if (what === "file") data.items.add(new File(["one"], "one.txt"));
    else data.setData("text/plain", what);
    return ["dragover", "drop"].map((kind) => !element.dispatchEvent(
      new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true, composed: true })));
  }, give);
  const before = await openWidget(browser, host.url);
  await launch(before);
  assert.deepEqual(await prevented(before, "file"), [true, true]);
  assert.equal(await before.locator("parley-chat .file").count(), 0);
  assert.deepEqual(await prevented(before, "a text"), [false, false]);
  await before.context().close();
  const page = await open();
  assert.deepEqual(await prevented(page, "a text"), [false, false]);
  await page.context().close();
});

const until = async (page, look, wanted) => {
  const end = Date.now() + DEADLINE;
  while (await look() !== wanted) {
    assert.ok(Date.now() < end, `${await look()}, not ${wanted}`);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
  }
};

test("the button is reached and worked by keyboard, and the focus comes back to the box", async () => {
  const page = await open();
  const focus = () => page.locator("parley-chat").evaluate((e) => e.shadowRoot.activeElement?.getAttribute("aria-label")
    ?? e.shadowRoot.activeElement?.tagName);
  await page.locator("parley-chat textarea").focus();
  await page.keyboard.press("Tab");
  await until(page, focus, "Attach a file");
  /* The browser's dialog is not ours: that it would open, and what comes of it. */
  await page.locator("input[type=file]").evaluate((e) => e.addEventListener("click", (event) => {
    event.preventDefault();
    window.asked = true;
  }));
  await page.getByRole("button", { name: "Attach a file" }).press("Enter");
  await page.waitForFunction(() => window.asked);
  await choose(page, [text("one.txt"), text("two.txt")]);
  await page.locator("parley-chat .file a", { hasText: "two.txt" }).waitFor();
  await until(page, focus, "TEXTAREA");
  assert.deepEqual((await stored(page)).map((f) => f.name), ["one.txt", "two.txt"]);
  await page.context().close();
});

test("a file that is refused says why, holds nothing up, and can be sent again or given up", async () => {
  const page = await open();
  await choose(page, { name: "a.png", mimeType: "image/png", buffer: Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>") });
  await page.getByText("Files of this kind (image/svg+xml) are not taken.").waitFor();
  await write(page, "never mind");
  await page.locator("parley-chat article.mine", { hasText: "never mind" }).waitFor();
  await axe(page, "a file that was refused");
  await page.getByRole("button", { name: "Discard" }).click();
  await page.locator("parley-chat .file").waitFor({ state: "detached" });
  const refuse = (route) => route.fulfill({ status: 403, contentType: "application/problem+json",
    headers: { "Access-Control-Allow-Origin": "*" },
    body: JSON.stringify({ code: "forbidden", detail: "Not at the moment." }) });
  await page.route("**/api/attachments*", refuse);
  await choose(page, text("later.txt"));
  await page.getByText("Not at the moment.").waitFor();
  await page.unroute("**/api/attachments*", refuse);
  await page.getByRole("button", { name: "Retry" }).click();
  await page.locator("parley-chat .file a", { hasText: "later.txt" }).waitFor();
  assert.deepEqual((await stored(page)).map((f) => f.name), ["later.txt"]);
  await page.context().close();
});

test("a file whose sending meets the daemon's death is sent again, before what was written behind it", async () => {
  const page = await open();
  let tries = 0;
  await page.route("**/api/attachments*", async (route) => {
    if (++tries > 1) return route.continue();
    await stage.call("kill", {});
    await stage.call("restart", {});
    return route.abort("connectionreset");
  });
  await choose(page, text("once.txt"));
  await write(page, "behind it");
  await page.locator("parley-chat .file a", { hasText: "once.txt" }).waitFor();
  await page.waitForFunction(() => [...document.querySelector("parley-chat").shadowRoot.querySelectorAll("article.mine")]
    .at(-1)?.textContent.includes("behind it"));
  assert.deepEqual((await stored(page)).map((f) => f.name), ["once.txt"]);
  await page.context().close();
});

test("a file that is too large is not sent", async () => {
  const page = await open();
  await choose(page, text("large.txt", "x".repeat(MOST + 1)));
  await page.getByText("The file is too large: at most 100 kB.").waitFor();
  assert.equal(await page.locator("parley-chat .file").count(), 0);
  assert.deepEqual(await stored(page), []);
  await page.context().close();
});

test("hostile names are text", async () => {
  const page = await open();
  const names = ["<img src=x onerror=window.pwned=1>.txt", "\"><script>window.pwned=1</script>.txt", "a\u202Egnp.exe"];
  for (const name of names) await choose(page, text(name));
  await page.locator("parley-chat .file a", { hasText: "agnp.exe" }).waitFor();
  assert.deepEqual(await page.locator("parley-chat .file a").allTextContents(),
    ["<img src=x onerror=window.pwned=1>.txt", "\"><script>window.pwned=1<_script>.txt", "agnp.exe"]);
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
