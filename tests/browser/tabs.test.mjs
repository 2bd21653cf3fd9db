/* Several tabs of one browser: the same chat in all, over one stream. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { chatOf, openPage } from "./stage.mjs";
import { ask, joined, launch, openWidget, wait, write } from "./widget.mjs";
import { browser, host, scene, stage } from "./scene.mjs";

scene({ pages: {} });

const said = (page, text) => page.locator("parley-chat article", { hasText: text }).waitFor();

/* Event streams of this context that are open now. */
const watchStreams = (context) => {
  const open = new Set();
  let most = 0;
  context.on("request", (request) => {
    if (!/\/events(\?|$)/.test(request.url())) return;
    open.add(request);
    most = Math.max(most, open.size);
  });
  for (const name of ["requestfinished", "requestfailed"]) context.on(name, (request) => open.delete(request));
  return { open: () => open.size, most: () => most };
};

test("two tabs show the same, and the second goes on when the first is closed", async () => {
  const first = await openWidget(browser, host.url);
  const streams = watchStreams(first.context());
  const second = await openPage(first.context(), host.url);
  await second.locator("parley-chat .launcher").waitFor();
  await launch(second);
  await wait(first, "from the first tab");
  await said(second, "from the first tab");
  const { id: chat } = await chatOf(first);
  await joined(stage, first, chat);
  await write(second, "from the second tab");
  await said(first, "from the second tab");
  await stage.call("say", { agent: "sarah", chat, text: "to both tabs" });
  await Promise.all([said(first, "to both tabs"), said(second, "to both tabs")]);
  assert.equal(streams.most(), 1);
  await first.close();
  await stage.call("say", { agent: "sarah", chat, text: "to the tab that is left" });
  await said(second, "to the tab that is left");
  for (const text of ["from the first tab", "from the second tab", "to both tabs", "to the tab that is left"])
    assert.equal(await second.locator("parley-chat article", { hasText: text }).count(), 1, text);
  await second.context().close();
});

test("seven tabs have one stream, and none waits for another", async () => {
  const first = await openWidget(browser, host.url);
  const context = first.context();
  const streams = watchStreams(context);
  await launch(first);
  await ask(first, "the first of seven");
  const tabs = [first];
  for (let n = 2; n <= 7; n++) {
    const page = await openPage(context, host.url);
    await page.locator("parley-chat .launcher").waitFor();
    await launch(page);
    tabs.push(page);
  }
  await Promise.all(tabs.map((page) => said(page, "the first of seven")));
  await ask(tabs[6], "the last of seven");
  await Promise.all(tabs.map((page) => said(page, "the last of seven")));
  assert.equal(streams.open(), 1);
  assert.equal(streams.most(), 1);
  for (const page of tabs) assert.deepEqual(page.faults, []);
  await tabs[6].evaluate(() => window.Parley("reset"));
  await Promise.all(tabs.map((page) => page.locator("parley-chat article").first().waitFor({ state: "detached" })));
  await context.close();
});
