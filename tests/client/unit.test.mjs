/* The client's parts alone. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { loadCore } from "./load.mjs";

const core = await loadCore();

const parse = (...chunks) => {
  const events = [];
  const parser = new core.EventParser((event) => events.push(event));
  for (const chunk of chunks) parser.push(chunk);
  return events;
};

const STREAM = "\uFEFFretry: 10\r\n: a comment\r\n\r\nid: e-1\r\nevent: message\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\n"
  + "event: typing\ndata:ü😀\n\nid: e-2\rdata: last\r\r";

test("a stream gives the same events wherever it is cut, with every kind of line end", () => {
  const decode = (parts) => {
    const decoder = new TextDecoder();
    return parts.map((part) => decoder.decode(part, { stream: true }));
  };
  const bytes = new TextEncoder().encode(STREAM + "x");
  const whole = parse(...decode([bytes]));
  assert.deepEqual(whole, [
    { name: "message", id: "e-1", data: "{\"a\":\n1}" },
    { name: "typing", id: "", data: "ü😀" },
    { name: "message", id: "e-2", data: "last" },
  ]);
  for (let at = 0; at <= bytes.length; at++)
    assert.deepEqual(parse(...decode([bytes.slice(0, at), bytes.slice(at)])), whole, `cut at ${at}`);
  assert.deepEqual(parse(...decode([...bytes].map((b) => Uint8Array.of(b)))), whole);
});

test("an event without data, an unknown field and half an event give nothing", () => {
  assert.deepEqual(parse("event: message\n\nfield: x\n\ndata: half\n"), []);
});

const message = (seq, more = {}) => ({
  id: `m${seq}`, content: `text ${seq}`, role: "USER", createdAt: "2026-01-01T00:00:00.000Z", seq,
  sender: { id: "u", name: "U", avatar: null }, ...more,
});
const idsOf = (state) => state.messages.map((m) => m.id);

test("messages stand in the log's order however they come, each once, unsent ones last", () => {
  let state = core.emptyState;
  state = core.withMessage(state, core.unsent({ key: "k9", content: "mine", at: 0 }, { id: "", name: "", avatar: null }, "USER"));
  for (const seq of [3, 1, 2, 3, 1]) state = core.withEvent(state, "message", message(seq));
  assert.deepEqual(idsOf(state), ["m1", "m2", "m3", "k9"]);
  state = core.withEvent(state, "message", message(4, { clientId: "k9" }));
  assert.deepEqual(idsOf(state), ["m1", "m2", "m3", "m4"]);
  assert.equal(state.messages[3].delivery, "sent");
});

test("a history page that does not reach what is shown replaces it, so that there is no hole", () => {
  const page = (from, to, nextCursor) => ({ nextCursor, lastEventId: "e-9",
    items: Array.from({ length: to - from + 1 }, (_, i) => message(from + i)) });
  const shown = core.withHistory(core.emptyState, page(1, 3, null), false);
  assert.deepEqual(idsOf(core.withHistory(shown, page(4, 5, "c"), false)), ["m1", "m2", "m3", "m4", "m5"]);
  const after = core.withHistory(shown, page(6, 7, "c"), false);
  assert.deepEqual(idsOf(after), ["m6", "m7"]);
  assert.equal(after.more, true);
});

test("edits, deletions and what is unknown change no order", () => {
  let state = core.withEvent(core.emptyState, "message", message(1));
  state = core.withEvent(state, "message_updated", { id: "m1", content: "new", editedAt: "t", seq: 2 });
  assert.equal(state.messages[0].content, "new");
  state = core.withEvent(state, "message_deleted", { id: "m1", deletedAt: "t", seq: 3 });
  assert.equal(state.messages[0].content, "");
  assert.equal(core.withEvent(state, "not known", {}), state);
});

test("pieces of an answer add up until the message is there, or until it comes to nothing", () => {
  const piece = (state, messageId, text) => core.withEvent(state, "ai_delta", { messageId, name: "Robbie", text });
  const begun = piece(piece(core.emptyState, "m2", "one "), "m2", "two");
  assert.deepEqual(begun.saying, { id: "m2", name: "Robbie", text: "one two" });
  assert.deepEqual(piece(begun, "m3", "else").saying, { id: "m3", name: "Robbie", text: "else" });
  assert.deepEqual(core.withEvent(begun, "message", message(1)).saying, begun.saying);
  assert.deepEqual(core.withEvent(begun, "ai_error", { messageId: "m1", code: "cancelled" }).saying, begun.saying);
  const whole = core.withEvent(begun, "message", message(2));
  assert.equal(whole.saying, null);
  assert.equal(piece(whole, "m2", "too late"), whole);
  assert.equal(core.withHistory(begun, { items: [message(2)], nextCursor: null, lastEventId: "e-2" }, false).saying, null);
  for (const [name, payload] of [["ai_error", { messageId: "m2", code: "timeout" }], ["ready", {}],
    ["escalated", { id: "m4", seq: 4, text: "x" }], ["closed", { id: "m4", seq: 4, text: "x" }]])
    assert.equal(core.withEvent(begun, name, payload).saying, null, name);
});

test("backoff doubles up to its limit, with jitter over the upper half", () => {
  for (const [tries, most] of [[0, 1000], [1, 2000], [3, 8000], [20, 30_000]]) {
    for (let i = 0; i < 200; i++) {
      const ms = core.backoff(tries);
      assert.ok(ms >= most / 2 && ms <= most, `${tries}: ${ms}`);
    }
  }
});

const post = (plan) => {
  const shelf = core.memoryShelf();
  const life = new AbortController();
  const log = [];
  const outbox = new core.Outbox({
    shelf, signal: life.signal, again: () => undefined,
    deliver: async (letter) => {
      log.push(letter.key);
      await plan(letter, log);
    },
    failed: (letter, problem) => log.push(`${letter.key} failed ${problem.status}`),
  });
  const send = (key) => outbox.send({ key, content: key, at: 0 });
  return { shelf, life, log, outbox, send };
};
const refuse = (status, code = "x", retryMs = 0) => {
  throw new core.Problem(status, { code }, retryMs);
};

test("letters go one after the other, a refused one does not hold up the next and stays kept", async () => {
  const p = post((letter) => (letter.key === "b" ? refuse(422) : undefined));
  const [a, b, c] = await Promise.all(["a", "b", "c"].map(p.send));
  assert.deepEqual(p.log, ["a", "b", "b failed 422", "c"]);
  assert.deepEqual([a, b.status, c], [null, 422, null]);
  assert.deepEqual(p.outbox.kept().map((l) => l.key), ["b"]);
});

test("without an answer the same letter goes again, and what comes behind waits", async () => {
  const p = post((_, log) => (log.length < 3 ? refuse(503) : undefined));
  await Promise.all(["a", "b"].map(p.send));
  assert.deepEqual(p.log, ["a", "a", "a", "b"]);
});

test("what was given up goes first when there is something new", async () => {
  let down = true;
  const p = post(() => (down ? refuse(0, "") : undefined));
  const first = p.send("a");
  while (p.log.at(-1) !== "a failed 0") {
    p.outbox.wake();
    await new Promise(setImmediate);
  }
  assert.equal((await first).status, 0);
  down = false;
  p.log.length = 0;
  await p.send("b");
  assert.deepEqual(p.log, ["a", "b"]);
});

const held = () => {
  const p = post((letter) => (letter.key === "a" ? new Promise((go) => (p.go = go)) : undefined));
  return p;
};

test("a letter that is discarded while it waits is not sent", async () => {
  const p = held();
  const sent = ["a", "b", "c"].map(p.send);
  p.outbox.drop("b");
  p.go();
  await Promise.all(sent);
  assert.deepEqual(p.log, ["a", "c"]);
  assert.deepEqual(p.outbox.kept(), []);
});

test("nothing is sent after the end, and what was not sent stays kept", async () => {
  const p = held();
  const sent = ["a", "b"].map(p.send);
  p.life.abort();
  p.go();
  assert.deepEqual((await Promise.all(sent)).map((x) => x?.status), [undefined, 0]);
  assert.deepEqual(p.log, ["a"]);
  assert.deepEqual(p.outbox.kept().map((l) => l.key), ["b"]);
});

test("an answer that is no JSON keeps its status, and a date says when to come again", async () => {
  const server = createServer((request, response) => {
    const status = Number(request.url.slice(1));
    response.writeHead(status, { "Retry-After": new Date(Date.now() + 60_000).toUTCString() });
    response.end("<html>not ours</html>");
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const api = new core.Api({ baseUrl: `http://127.0.0.1:${server.address().port}`, token: () => "" });
  for (const [status, passing] of [[502, true], [403, true], [413, false]]) {
    const problem = await api.get(`/${status}`).catch((error) => error);
    assert.ok(problem instanceof core.Problem);
    assert.deepEqual([problem.status, problem.code, problem.passing, problem.gone], [status, "", passing, false]);
    assert.ok(problem.retryMs > 50_000 && problem.retryMs <= 60_000);
  }
  assert.equal((await api.get("/200").catch((error) => error)).status, 0);
  server.closeAllConnections();
  server.close();
});
