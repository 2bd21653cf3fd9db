/* The client in Node against the daemon, the server and an agent's XMPP client. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DEADLINE, openStage } from "../browser/stage.mjs";
import { loadCore, until } from "./load.mjs";
import { openProxy, randomOf } from "./proxy.mjs";

const { ChatClient, memoryShelf, Problem } = await loadCore();
let stage;

before(async () => {
  stage = await openStage({ limits: { messages_per_minute: 6000, messages_burst: 1000 },
    upload: { domain: "upload.localhost" } });
});
after(() => stage?.close());

const open = (t, options = {}) => {
  const shelf = options.shelf ?? memoryShelf();
  const client = new ChatClient({ baseUrl: stage.url, ...options, shelf });
  const got = { message: [], agentJoined: [], closed: [], typing: [], error: [] };
  for (const [name, list] of Object.entries(got)) client.on(name, (value) => list.push(value));
  t.after(() => client.close());
  return Object.assign(client, { got, box: shelf });
};
const textsOf = (state) => state.messages.filter((m) => m.role === "USER").map((m) => m.content);
const online = (client) => until(client, "online", (s) => s.connection === "online");

/* What the server has, read apart from the client under test. */
const logged = async (client) => {
  const { id, token } = ChatClient.heldBy(client.box);
  const items = [];
  for (let at = 0; ;) {
    const answer = await fetch(`${stage.url}/api/chats/${id}/messages?limit=200&after=${at}`,
      { headers: { Authorization: "Bearer " + token } });
    const page = await answer.json();
    items.push(...page.items);
    if (!page.nextCursor) return items;
    at = page.items.at(-1).seq;
  }
};
const mineIn = (items) => items.filter((m) => m.role === "USER").map((m) => m.content);

const waiting = async (client) => {
  await client.send("first");
  await online(client);
  await client.escalate("help");
  return ChatClient.heldBy(client.box).id;
};

test("a file is a message of its own, at its place among the others", async (t) => {
  const client = open(t);
  await waiting(client);
  await until(client, "files are taken", (s) => s.chat?.maxFileBytes > 0);
  const sending = [client.send("before"), client.sendFile(new Blob(["one\ntwo\n"]), "tés t.txt"), client.send("behind")];
  assert.deepEqual(client.state.messages.at(-2).attachments,
    [{ url: "", name: "tés t.txt", type: "", size: 8 }]);
  assert.deepEqual(await Promise.all(sending), [null, null, null]);
  const [, before, file, behind] = (await logged(client)).filter((m) => m.role === "USER");
  assert.deepEqual([before.content, behind.content], ["before", "behind"]);
  const [{ url, name, type }] = file.attachments;
  assert.deepEqual([name, type], ["tés t.txt", "text/plain"]);
  assert.equal(await (await fetch(url)).text(), "one\ntwo\n");
  const shown = client.state.messages.find((m) => m.id === file.id);
  assert.deepEqual(shown.attachments, file.attachments);
  const refused = await client.sendFile(new Blob(["<!DOCTYPE html><html></html>"]), "x.txt");
  assert.equal(refused.code, "unsupported-media-type");
  assert.equal(client.state.messages.at(-1).delivery, "failed");
});

test("a customer talks with an agent on an XMPP client, reads on in a second client, and is told of the end", async (t) => {
  const client = open(t);
  const chat = await waiting(client);
  const history = await stage.call("join", { agent: "sarah", chat });
  assert.ok(history.includes("first"));
  await until(client, "live", (s) => s.status === "live" && s.agent?.name === "Sarah");
  assert.equal(client.got.agentJoined[0].agentName, "Sarah");
  await stage.call("state", { agent: "sarah", chat, state: "composing" });
  await until(client, "typing", (s) => s.typing.length === 1);
  await stage.call("say", { agent: "sarah", chat, text: "Hello" });
  const state = await until(client, "an answer", (s) => s.messages.some((m) => m.content === "Hello"));
  assert.equal(state.typing.length, 0);
  assert.equal(await client.send("Great"), null);
  assert.equal(await stage.call("hears", { agent: "sarah", chat, text: "Great" }), "Customer");

  const second = open(t, { shelf: client.box });
  await second.start();
  assert.deepEqual(second.state.messages.map((m) => m.id), (await logged(client)).map((m) => m.id));
  assert.equal(second.got.message.length, 0, "what was there before is not news");
  await second.end();
  await until(client, "closed", (s) => s.status === "closed" && s.connection === "idle");
  assert.equal(client.got.closed.length, 1);

  await client.send("one more thing");
  await until(client, "reopened", (s) => s.status !== "closed" && s.connection === "online");
  second.wake();
  await until(second, "reopened here too", (s) => s.status !== "closed" && s.connection === "online");
  assert.deepEqual(textsOf(second.state), ["first", "Great", "one more thing"]);
});

test("a daemon that is killed in mid-chat loses and doubles nothing, and keeps the order", async (t) => {
  const client = open(t);
  await waiting(client);
  const sent = [];
  for (let i = 0; i < 30; i++) {
    if (i === 10) await stage.call("kill", {});
    sent.push(client.send(`n${i}`));
    if (i === 20) await stage.call("restart", {});
  }
  await Promise.all(sent);
  const wanted = ["first", ...Array.from({ length: 30 }, (_, i) => `n${i}`)];
  await until(client, "all sent", (s) => s.messages.every((m) => m.delivery === "sent") && textsOf(s).length === 31);
  assert.deepEqual(mineIn(await logged(client)), wanted);
  assert.deepEqual(textsOf(client.state), wanted);
  await online(client);
});

test("a client that ends with messages unsent sends them when it starts again", async (t) => {
  const client = open(t);
  await waiting(client);
  await stage.call("kill", {});
  const ends = ["late 1", "late 2"].map((text) => client.send(text));
  client.close();
  assert.deepEqual((await Promise.all(ends)).map((p) => p.status), [0, 0]);
  await stage.call("restart", {});
  const next = open(t, { shelf: client.box });
  await next.start();
  await until(next, "all sent", (s) => textsOf(s).length === 3 && s.messages.every((m) => m.delivery === "sent"));
  assert.deepEqual(mineIn(await logged(next)), ["first", "late 1", "late 2"]);
});

test("connections cut at any byte lose and double nothing, in either direction", async (t) => {
  const seed = Number(process.env.PARLEY_TEST_SEED ?? Date.now() % 1e9);
  t.diagnostic(`PARLEY_TEST_SEED=${seed}`);
  const random = randomOf(seed);
  const proxy = await openProxy(stage.url);
  t.after(() => proxy.close());
  const client = open(t, { baseUrl: proxy.url });
  const chat = await waiting(client);
  await stage.call("join", { agent: "tom", chat });
  await until(client, "live", (s) => s.status === "live");
  /* The head and the first event of a stream are about 1,100 bytes: one in seven connections brings nothing. */
  proxy.next = () => 300 + random(6000);
  proxy.cut();
  let n = 0;
  for (; n < 12 || proxy.cuts < 8; n++) {
    void client.send(`up ${n}`);
    await stage.call("say", { agent: "tom", chat, text: `down ${n}` });
    /* The client's own waits are 31 s together when five connections in a row bring nothing. */
    await until(client, `down ${n}`, (s) => s.messages.some((m) => m.content === `down ${n}`), 4 * DEADLINE);
  }
  proxy.next = () => Infinity;
  proxy.cut();
  const down = (s) => s.messages.filter((m) => m.role === "AGENT").map((m) => m.content);
  await until(client, "all here", (s) => down(s).length === n && textsOf(s).length === n + 1
    && s.messages.every((m) => m.delivery === "sent"), 4 * DEADLINE);
  const log = await logged(client);
  const numbers = (word) => Array.from({ length: n }, (_, i) => `${word} ${i}`);
  assert.deepEqual(mineIn(log), ["first", ...numbers("up")]);
  assert.deepEqual(client.state.messages.map((m) => m.id), log.map((m) => m.id));
  assert.deepEqual(client.got.message.filter((m) => m.role === "AGENT").map((m) => m.content), numbers("down"));
});

test("who writes while the client waits before another try is online again at once", { timeout: DEADLINE }, async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let network = new AbortController();
  const client = open(t, { fetch: (url, init) => fetch(url, String(url).includes("/events")
    ? { ...init, signal: AbortSignal.any([init.signal, network.signal]) } : init) });
  await waiting(client);
  network.abort();
  await until(client, "reconnecting", (s) => s.connection === "reconnecting");
  network = new AbortController();
  await client.send("is anybody there?");
  await online(client);
});

test("the same letter sent twice is stored once; another text under its key is refused", async (t) => {
  const client = open(t);
  await waiting(client);
  const path = `/api/chats/${client.state.chatId}/messages`;
  const [a, b] = await Promise.all([1, 2].map(() => client.api.post(path, { content: "twice", clientId: "k1" })));
  assert.equal(a.message.id, b.message.id);
  const refused = await client.api.post(path, { content: "other", clientId: "k1" }).catch((error) => error);
  assert.deepEqual([refused.status, refused.code], [422, "key-reused"]);
  client.box.set("out:k1", JSON.stringify({ key: "k1", content: "other", at: 1 }));
  const next = open(t, { shelf: client.box });
  await next.start();
  await until(next, "sent or failed", (s) => s.messages.length > 2);
  assert.deepEqual(mineIn(await logged(client)), ["first", "twice"]);
});

test("a chat that is not known any more is forgotten, and what is written begins another", async (t) => {
  const shelf = memoryShelf();
  shelf.set("chat", JSON.stringify({ id: "0".repeat(32), token: "x".repeat(43) }));
  const client = open(t, { shelf });
  await client.start();
  assert.equal(shelf.get("chat"), null);
  assert.ok(client.got.error[0] instanceof Problem);
  assert.ok([401, 404].includes(client.got.error[0].status));
  assert.equal(await client.send("hello again"), null);
  assert.deepEqual(mineIn(await logged(client)), ["hello again"]);
});

test("forgetting a chat while its history comes leaves nothing of it", async (t) => {
  const client = open(t);
  await waiting(client);
  const next = open(t, { shelf: client.box });
  const starting = next.start();
  next.forget();
  await starting;
  assert.deepEqual([next.state.chatId, next.state.messages.length, client.box.get("chat")], ["", 0, null]);
});

test("where streams are held back, the history is polled: the same messages, each told once", async (t) => {
  const holding = (url, init) => fetch(url, init).then((answer) => {
    if (!String(url).includes("/events") || answer.status !== 200) return answer;
    const signal = init.signal;
    void answer.body.cancel();
    return new Response(new ReadableStream({
      start: (c) => signal.addEventListener("abort", () => c.error(new Error("aborted"))),
    }), { status: 200 });
  });
  const client = open(t, { fetch: holding, firstEventMs: 50 });
  const sending = client.send("first");
  await sending;
  await client.escalate();
  const chat = client.state.chatId;
  await online(client);
  await stage.call("join", { agent: "nina", chat });
  await stage.call("say", { agent: "nina", chat, text: "polled 1" });
  await stage.call("say", { agent: "nina", chat, text: "polled 2" });
  await until(client, "both", (s) => s.messages.some((m) => m.content === "polled 2"));
  assert.deepEqual(client.got.message.filter((m) => m.role === "AGENT").map((m) => m.content), ["polled 1", "polled 2"]);
  assert.equal(client.got.agentJoined[0]?.agentName, "Nina");
  assert.deepEqual(client.state.messages.map((m) => m.id), (await logged(client)).map((m) => m.id));
});

test("after a restored backup the client shows the log as it is now, and goes on", async (t) => {
  const client = open(t);
  await waiting(client);
  const copy = stage.store + ".copy";
  await stage.call("command", { words: ["backup", copy] });
  await client.send("after the backup");
  await stage.call("kill", {});
  await stage.call("command", { words: ["restore", copy] });
  await stage.call("restart", {});
  const kept = (s) => !textsOf(s).includes("after the backup");
  await until(client, "the older log", (s) => kept(s) && s.connection === "online" && s.messages.length > 0);
  assert.equal(await client.send("onward"), null);
  const log = await logged(client);
  assert.deepEqual(client.state.messages.map((m) => m.id), log.map((m) => m.id));
  assert.deepEqual(mineIn(log), ["first", "onward"]);
});

test("typing is told at most every few seconds, and nothing goes on after the end", async (t) => {
  const calls = [];
  const client = open(t, { fetch: (url, init) => {
    calls.push(String(url));
    return fetch(url, init);
  } });
  await waiting(client);
  for (let i = 0; i < 50; i++) client.typing(true);
  client.typing(false);
  client.typing(false);
  assert.equal(calls.filter((url) => url.endsWith("/typing")).length, 2);
  client.typing(true);
  client.close();
  const timers = () => process.getActiveResourcesInfo().filter((what) => what === "Timeout").length;
  const end = Date.now() + DEADLINE;
  while (timers() > 0 && Date.now() < end) await new Promise(setImmediate);
  assert.equal(timers(), 0);
});
