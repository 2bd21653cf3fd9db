/* Answers of a language model in React's interfaces, while they are written. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { browser, scene, stage } from "../browser/scene.mjs";
import { axe } from "../browser/widget.mjs";
import { begin, component, show, signedIn, until } from "./shown.mjs";

scene({ model: true });

test("customer and agent see an answer grow and become a message; the hook hears of it once, when it is whole", async () => {
  const { id, token } = await begin();
  const customer = await show(await browser.newContext({ locale: "en-GB" }), component("customer.tsx", id), { token });
  const agent = await show(await signedIn("tom"), component("agent.tsx", id), {});
  const hook = await show(await browser.newContext(), component("hook.tsx", id), { token });
  await hook.getByText("connected", { exact: true }).waitFor();
  await customer.locator("textarea").fill("Do you ship to Norway?");
  await customer.keyboard.press("Enter");
  await stage.call("question", { number: 1 });
  await stage.call("says", { pieces: ["Yes, ", "within"] });
  for (const page of [customer, agent]) {
    await page.locator(".parley-saying", { hasText: "Yes, within" }).waitFor();
    assert.equal(await page.locator("[role=log] .parley-saying").count(), 0);
    await axe(page, "an answer grows", ".parley-chat");
    assert.equal(await page.locator(".parley-saying p").evaluate((e) => getComputedStyle(e, "::after").animationName), "parley-writing");
  }
  await stage.call("says", { pieces: [" five days."] });
  await stage.call("ends", {});
  for (const page of [customer, agent]) {
    await page.locator(".parley-lines .parley-assistant", { hasText: "Yes, within five days." }).waitFor();
    assert.equal(await page.locator(".parley-saying").count(), 0);
  }
  await until(hook, "the answer", () => hook.lines.some((l) => l.startsWith("Received:") && l.includes("Yes, within five days.")));
  assert.equal(hook.lines.filter((l) => l.includes("Yes, within")).length, 1);
  for (const page of [customer, agent, hook]) {
    assert.deepEqual(page.faults, []);
    await page.context().close();
  }
});
