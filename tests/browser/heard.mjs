/* What screen readers are given: the accessibility tree as text, in heard/. PARLEY_HEARD=write writes the files anew;
 * read them before they are committed. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { DEADLINE } from "./stage.mjs";

const folder = join(dirname(fileURLToPath(import.meta.url)), "heard");
const writing = process.env.PARLEY_HEARD === "write";

/* Without what differs from run to run, and without what is empty and never announced. */
const lasting = (tree) => tree.replace(/^ *- paragraph\n/gm, "").replace(/\b\d\d?\/\d\d?\/\d{4}, \d\d:\d\d:\d\d/g, "DATE").replace(/\b\d\d:\d\d\b/g, "TIME")
  .replace(/just now|\b\d+m ago/g, "AGO").replace(/ok \d\d-\d\d/g, "ok CODE").replace(/xmpp:[^\s"]+/g, "xmpp:ROOM")
  .replace(/\/chats\/[a-z2-7]{26}/g, "/chats/CHAT") + "\n";

/* The tree becomes what the file says. */
export async function heard(part, state) {
  const file = join(folder, state + ".yml");
  if (writing) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, lasting(await part.ariaSnapshot()));
    return;
  }
  const expected = readFileSync(file, "utf8");
  const end = Date.now() + DEADLINE;
  let now = lasting(await part.ariaSnapshot());
  while (now !== expected && Date.now() < end) {
    await part.page().evaluate(() => new Promise((done) => requestAnimationFrame(done)));
    now = lasting(await part.ariaSnapshot());
  }
  assert.equal(now, expected, state);
}
