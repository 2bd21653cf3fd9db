/* What comes in another order than it was asked for. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openStage } from "../browser/stage.mjs";
import { loadCore, until } from "./load.mjs";

const { ChatClient, memoryShelf } = await loadCore();
let stage;

before(async () => {
  stage = await openStage({ limits: { messages_per_minute: 6000, messages_burst: 1000 } });
});
after(() => stage?.close());

const live = (s) => s.status === "waiting" && s.connection === "online";

/* between(path, init, go): what stands between client and daemon; go() asks the daemon. */
const open = (t, { between, shelf = memoryShelf(), visitor }) => {
  const client = new ChatClient({ baseUrl: stage.url, shelf, ...(visitor ? { visitor } : {}),
    fetch: (url, init) => between(url.slice(stage.url.length), init, () => fetch(url, init)) });
  t.after(() => client.close());
  return Object.assign(client, { shelf });
};
const gate = () => {
  let go;
  const wait = new Promise((done) => (go = done));
  return { wait, go };
};
/* The same customer elsewhere. */
const elsewhere = async (client, what) => {
  const { id, token } = ChatClient.heldBy(client.shelf);
  const answer = await fetch(`${stage.url}/api/chats/${id}${what}`,
    { method: "POST", headers: { Authorization: "Bearer " + token, "Content-Type": "application/json" }, body: "{}" });
  assert.equal(answer.status, 200);
};
const begun = async (client) => {
  assert.equal(await client.send("first"), null);
  await client.escalate();
  await until(client, "online", live);
};

test("a chat that is closed while a message is on its way is open again, and heard", async (t) => {
  let held = null;
  const client = open(t, { between: async (path, init, go) => {
    if (path.endsWith("/messages") && init.method === "POST") await held?.wait;
    return go();
  } });
  await begun(client);
  held = gate();
  const sending = client.send("second");
  await elsewhere(client, "/close");
  await until(client, "closed", (s) => s.status === "closed" && s.connection === "idle");
  held.go();
  assert.equal(await sending, null);
  await until(client, "open again", live);
});

test("a chat that is told closed after the message that opened it again was stored is heard on", async (t) => {
  let held = null;
  const client = open(t, { between: async (path, init, go) => {
    const answer = await go();
    if (!path.includes("/events") || answer.status !== 200) return answer;
    return new Response(answer.body.pipeThrough(new TransformStream({
      transform: async (chunk, out) => {
        await held?.wait;
        out.enqueue(chunk);
      },
    })), { status: 200 });
  } });
  await begun(client);
  held = gate();
  await elsewhere(client, "/close");
  assert.equal(await client.send("second"), null);
  let ended = 0;
  client.on("closed", () => ended++);
  held.go();
  held = null;
  await until(client, "open again", (s) => ended && live(s));
  assert.ok(client.state.messages.some((m) => m.event === "reopened"));
});

test("a chat that begins while it is forgotten is not taken up, and nothing is said in it", async (t) => {
  const held = gate();
  const posts = [];
  const asked = gate();
  let name = "One";
  const client = open(t, { visitor: () => ({ name }), between: async (path, init, go) => {
    if (init.method === "POST") posts.push(path);
    if (path !== "/api/chats") return go();
    asked.go();
    const answer = await go();
    if (posts.length === 1) await held.wait;
    return answer;
  } });
  void client.send("secret");
  await asked.wait;
  client.forget();
  name = "Two";
  const sending = client.send("mine");
  held.go();
  assert.equal(await sending, null);
  await until(client, "online", (s) => s.connection === "online");
  assert.equal(client.state.chat.customer.name, "Two");
  assert.deepEqual(client.state.messages.filter((m) => m.role === "USER").map((m) => m.content), ["mine"]);
  assert.equal(posts.filter((path) => path.endsWith("/messages")).length, 1);
});

test("what a forgotten chat still answers is not shown", async (t) => {
  for (const [what, ask] of [["/api/escalations", (c) => c.escalate()], ["/close", (c) => c.end()]]) {
    let held = null;
    const asked = gate();
    const client = open(t, { between: async (path, _, go) => {
      const answer = await go();
      if (held && path.endsWith(what)) {
        asked.go();
        await held.wait;
      }
      return answer;
    } });
    await begun(client);
    held = gate();
    const asking = ask(client);
    await asked.wait;
    client.forget();
    held.go();
    await asking.catch(() => undefined);
    assert.deepEqual([client.state.chatId, client.state.status], ["", ""], what);
  }
});

test("what happens while chat and history are read is seen", async (t) => {
  const first = open(t, { between: (_, __, go) => go() });
  await begun(first);
  first.close();
  const read = gate();
  let asked = false;
  const client = open(t, { shelf: first.shelf, between: async (path, init, go) => {
    if (/^\/api\/chats\/\w+$/.test(path) && !asked) {
      asked = true;
      const answer = await go();
      await elsewhere(first, "/close");
      read.go();
      return answer;
    }
    if (path.includes("/messages?") && asked) await read.wait;
    return go();
  } });
  await client.start();
  await until(client, "closed", (s) => s.status === "closed");
});

test("a history that comes after the answer to a message that was kept says that there is more", async (t) => {
  const first = open(t, { between: (_, __, go) => go() });
  for (let i = 0; i < 105; i++) await first.send(`text ${i}`);
  await until(first, "online", (s) => s.connection === "online");
  first.close();
  first.shelf.set("out:k", JSON.stringify({ key: "k", content: "kept", at: 1 }));
  const stored = gate();
  const client = open(t, { shelf: first.shelf, between: async (path, init, go) => {
    if (path.includes("/messages?")) await stored.wait;
    return go();
  } });
  client.on("change", (s) => s.messages.some((m) => m.content === "kept" && m.delivery === "sent") && stored.go());
  await client.start();
  assert.equal(client.state.more, true);
});

test("a history that has to be asked for twice after a reset leaves the client online", async (t) => {
  let fail = false;
  let failed = 0;
  let out;
  const client = open(t, { between: async (path, init, go) => {
    if (fail && path.includes("/messages?")) {
      fail = false;
      failed++;
      return new Response("", { status: 503 });
    }
    const answer = await go();
    if (!path.includes("/events") || answer.status !== 200) return answer;
    return new Response(answer.body.pipeThrough(new TransformStream({ start: (c) => (out = c) })), { status: 200 });
  } });
  await begun(client);
  fail = true;
  out.enqueue(new TextEncoder().encode("event: reset\ndata: {}\n\n"));
  const before = client.state;
  await until(client, "read again", (s) => failed && s.chat !== before.chat);
  assert.equal(client.state.connection, "online");
});
