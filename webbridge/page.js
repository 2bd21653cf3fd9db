/* The customer's page: one conversation, kept through reloads, over the public API only.
 * Whatever is shown is set as text. */
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const KEY = "parley";
  const WAIT = "⏱️ Connecting you to a support agent. Please wait...";
  const GONE = "This message was deleted.";
  const TYPING_SHOWN_MS = 6000, TYPING_SENT_MS = 3000, TYPING_IDLE_MS = 5000;

  /* ---- what a reload must not lose ------------------------------------------------------ */

  const nothing = () => ({ chat: "", token: "", outbox: [], draft: "" });
  let kept = nothing();

  function load() {
    try {
      kept = Object.assign(nothing(), JSON.parse(localStorage.getItem(KEY)));
    } catch {
      kept = nothing();
    }
  }

  function save() {
    try {
      localStorage.setItem(KEY, JSON.stringify(kept));
    } catch { /* no storage: the chat lives as long as the page */ }
  }

  /* ---- the API -------------------------------------------------------------------------- */

  class Problem extends Error {
    constructor(status, body, after) {
      super((body && body.detail) || "The server did not answer.");
      this.status = status;
      this.code = (body && body.code) || "";
      this.afterMs = after;
    }
  }

  async function api(method, path, body) {
    const headers = {};
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (kept.token) headers.Authorization = "Bearer " + kept.token;
    let answer, json = null;
    try {
      answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
      if (answer.status !== 204) json = await answer.json();
    } catch {
      throw new Problem(0, null, 0);
    }
    if (!answer.ok) {
      throw new Problem(answer.status, json, 1000 * (Number(answer.headers.get("Retry-After")) || 0));
    }
    return json;
  }

  const at = (rest) => "/api/chats/" + kept.chat + rest;

  function newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  }

  /* ---- what is shown -------------------------------------------------------------------- */

  const state = { status: "assistant", escalated: false, last: "", agents: new Map() };
  const shown = new Map(); /* message id or client id -> element */

  function put(parent, name, text, cls) {
    const el = document.createElement(name);
    if (text) el.textContent = text;
    if (cls) el.className = cls;
    parent.append(el);
    return el;
  }

  /* Only these schemes become links, and they tell the other side nothing about us. */
  function putText(parent, text) {
    const p = put(parent, "p", "", "text");
    let from = 0;
    for (const found of text.matchAll(/(?:https?:\/\/|mailto:)[^\s<>"]+[^\s<>"'.,;:!?)\]]/g)) {
      p.append(text.slice(from, found.index));
      const a = put(p, "a", found[0]);
      a.href = found[0];
      a.target = "_blank";
      a.rel = "noopener noreferrer nofollow";
      from = found.index + found[0].length;
    }
    p.append(text.slice(from));
  }

  function nearEnd() {
    const log = $("log");
    return log.scrollHeight - log.scrollTop - log.clientHeight < 120;
  }

  function place(el, seq) {
    const log = $("log"), follow = nearEnd() || el.classList.contains("mine");
    el.dataset.seq = seq;
    const next = Array.from(log.children).find((other) => Number(other.dataset.seq) > seq);
    log.insertBefore(el, next || null);
    if (follow) log.scrollTop = log.scrollHeight;
  }

  function nameOf(message) {
    if (message.role === "USER") return "You";
    if (message.role === "ASSISTANT") return message.sender.name + " (AI assistant)";
    return message.sender.name;
  }

  function head(el, message) {
    const h = put(el, "h2", nameOf(message) + " ");
    const time = put(h, "time", new Date(message.createdAt).toLocaleTimeString([], {
      hour: "2-digit", minute: "2-digit" }));
    time.dateTime = message.createdAt;
  }

  /* XEP-0245: what begins with "/me " tells what its author does. */
  function wordsOf(message) {
    const text = message.deletedAt ? GONE : message.content;
    return message.role === "AGENT" && text.startsWith("/me ")
      ? "* " + message.sender.name + text.slice(3) : text;
  }

  function showMessage(message) {
    if (shown.has(message.id)) return;
    const before = message.clientId && shown.get(message.clientId);
    if (before) before.remove();
    const el = document.createElement("article");
    shown.set(message.id, el);
    if (message.clientId) shown.set(message.clientId, el);
    if (message.role === "SYSTEM") el.className = "notice";
    else head(el, message);
    if (message.role === "USER") el.classList.add("mine");
    putText(el, wordsOf(message));
    if (message.editedAt) put(el, "p", "edited", "state");
    if (message.role === "AGENT" || message.role === "ASSISTANT") unread = message.id;
    for (const action of message.actions || []) {
      if (action.type !== "escalate") continue;
      const button = put(el, "button", action.label, "escalate");
      button.type = "button";
      button.addEventListener("click", () => escalate(action.reason));
    }
    place(el, message.seq);
    drop(message.clientId);
    settle();
  }

  function changeText(id, text, state) {
    const el = shown.get(id);
    if (!el) return;
    const old = el.querySelector(".text"), note = el.querySelector(".state");
    putText(el, text);
    old.replaceWith(el.lastChild);
    if (note) note.textContent = state;
    else if (state) put(el, "p", state, "state");
  }

  function showPending(item) {
    const el = document.createElement("article");
    el.className = "mine pending";
    put(el, "h2", "You");
    putText(el, item.content);
    put(el, "p", "Sending…", "state");
    shown.set(item.clientId, el);
    place(el, 1e15 + item.at);
  }

  function showFailed(item, problem) {
    const el = shown.get(item.clientId);
    if (!el) return;
    el.classList.add("failed");
    el.lastChild.textContent = "Not sent. ";
    const again = put(el.lastChild, "button", "Retry", "quiet");
    again.type = "button";
    again.addEventListener("click", () => {
      el.classList.remove("failed");
      el.lastChild.textContent = "Sending…";
      deliver(item);
    });
    $("alert").textContent = problem.status === 0
      ? "Your message was not sent: no connection." : "Your message was not sent: " + problem.message;
  }

  /* Everything that follows from the state. */
  function settle() {
    const people = state.escalated, closed = state.status === "closed";
    $("human").hidden = people;
    for (const b of document.querySelectorAll(".escalate")) b.hidden = people;
    $("who").hidden = kept.chat !== "";
    $("fresh").hidden = !closed;
  }

  const say = (text) => { if ($("status").textContent !== text) $("status").textContent = text; };

  /* ---- sending -------------------------------------------------------------------------- */

  let beginning = null;

  function begin() {
    if (kept.chat) return Promise.resolve();
    beginning = beginning || (async () => {
      const body = { locale: navigator.language, page: location.origin + location.pathname };
      if ($("name").value.trim()) body.name = $("name").value;
      const answer = await api("POST", "/api/chats", body);
      kept.chat = answer.chat.id;
      kept.token = answer.token;
      save();
      settle();
      connect();
    })().finally(() => { beginning = null; });
    return beginning;
  }

  function drop(clientId) {
    if (!clientId) return;
    const before = kept.outbox.length;
    kept.outbox = kept.outbox.filter((item) => item.clientId !== clientId);
    if (kept.outbox.length !== before) save();
  }

  const passing = (p) => p.status === 0 || p.status === 429 || p.status === 503;
  const sleep = (ms) => new Promise((done) => { setTimeout(done, ms); });
  let queue = Promise.resolve(); /* one after the other, so that they keep their order */

  function deliver(item) {
    queue = queue.then(() => attempt(item)).catch(() => {});
  }

  /* The same client id each time: however often it is sent, it is stored once. */
  async function attempt(item) {
    for (let i = 0; ; i++) {
      try {
        await begin();
        const answer = await api("POST", at("/messages"),
          { content: item.content, clientId: item.clientId });
        $("alert").textContent = "";
        showMessage(answer.message);
        if (state.status === "closed") reopen();
        return;
      } catch (problem) {
        if (!(problem instanceof Problem) || !passing(problem) || i >= 3) {
          if (problem.code === "chat-closed") { state.status = "closed"; settle(); }
          showFailed(item, problem);
          return;
        }
        await sleep(Math.max(problem.afterMs, 1000 * 2 ** i));
      }
    }
  }

  function send(text) {
    const item = { clientId: newId(), content: text, at: Date.now() };
    kept.outbox.push(item);
    save();
    showPending(item);
    deliver(item);
  }

  async function escalate(reason) {
    const buttons = [$("human"), ...document.querySelectorAll(".escalate")];
    for (const b of buttons) b.disabled = true;
    try {
      await begin();
      const body = { chatId: kept.chat };
      if (reason) body.reason = reason;
      const answer = await api("POST", "/api/escalations", body);
      state.escalated = true;
      state.status = answer.chat.status;
      $("alert").textContent = "";
      showWaiting(answer.escalation);
      $("text").focus();
    } catch (problem) {
      $("alert").textContent = problem.message;
    }
    for (const b of buttons) b.disabled = false;
    settle();
  }

  function showWaiting(escalation) {
    if (state.status !== "waiting") return;
    const wait = escalation.estimatedWaitSeconds;
    let text = WAIT;
    if (escalation.position) text += " You are number " + escalation.position + " in the queue.";
    if (wait) text += " About " + Math.max(1, Math.round(wait / 60)) + " min.";
    say(text);
  }

  /* ---- what happens --------------------------------------------------------------------- */

  function notice(payload, name) {
    showMessage({ id: payload.id, content: payload.text, role: "SYSTEM", seq: payload.seq,
      createdAt: payload.timestamp, event: name });
  }

  const typists = new Map(); /* user id -> timer */

  function showTyping(payload) {
    clearTimeout(typists.get(payload.userId));
    typists.delete(payload.userId);
    if (payload.isTyping) {
      state.agents.set(payload.userId, payload.userName);
      typists.set(payload.userId, setTimeout(() => {
        showTyping({ userId: payload.userId, isTyping: false });
      }, TYPING_SHOWN_MS));
    }
    const names = Array.from(typists.keys(), (id) => state.agents.get(id));
    $("typing").textContent = names.length
      ? names.join(", ") + (names.length > 1 ? " are" : " is") + " typing…" : "";
  }

  const happens = {
    ready: () => online(),
    reset: () => { reload(); },
    message: (p) => {
      if (p.role !== "USER") showTyping({ userId: p.sender.id, isTyping: false });
      showMessage(p);
    },
    message_updated: (p) => changeText(p.id, p.content, "edited"),
    message_deleted: (p) => changeText(p.id, GONE, ""),
    escalated: (p) => {
      state.escalated = true;
      state.status = "waiting";
      notice(p, "escalated");
      if (!$("status").textContent.startsWith(WAIT)) say(p.text);
    },
    agent_joined: (p) => { state.status = "live"; notice(p, "agent_joined"); say(""); },
    agent_left: (p) => {
      notice(p, "agent_left");
      showTyping({ userId: p.agentId, isTyping: false });
    },
    closed: (p) => {
      state.status = "closed";
      notice(p, "closed");
      say("");
      for (const id of Array.from(typists.keys())) showTyping({ userId: id, isTyping: false });
    },
    reopened: (p) => { state.status = state.escalated ? "waiting" : "assistant"; notice(p, "reopened"); },
    typing: showTyping,
  };

  function happened(event) {
    const handle = happens[event.name];
    if (event.id) state.last = event.id;
    if (!handle) return;
    const data = JSON.parse(event.data);
    handle(data.payload || data);
    settle();
    tellRead();
  }

  /* What the customer can have seen: the last of the others' messages, while the page is in sight. */
  let unread = "";

  function tellRead() {
    if (!unread || document.visibilityState !== "visible" || !state.escalated) return;
    api("POST", at("/read"), { messageId: unread }).catch(() => {});
    unread = "";
  }

  /* ---- the stream ----------------------------------------------------------------------- */

  let stream = null, tries = 0;

  function online() {
    tries = 0;
    if ($("status").dataset.offline) say(state.status === "waiting" ? WAIT : "");
    delete $("status").dataset.offline;
  }

  function offline() {
    $("status").dataset.offline = "1";
    say(navigator.onLine ? "Reconnecting…" : "You are offline.");
  }

  /* Read by fetch, so that the token stays out of addresses. */
  async function read(signal) {
    const headers = { Authorization: "Bearer " + kept.token, Accept: "text/event-stream" };
    if (state.last) headers["Last-Event-ID"] = state.last;
    const answer = await fetch(at("/events"), { headers, signal, cache: "no-store" });
    if (answer.status !== 200) return answer.status;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "", event = {};
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return 0;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        if (line === "" && event.name) happened(event);
        if (line === "") event = {};
        const [, field, text] = /^(\w+): (.*)$/.exec(line) || [];
        if (field === "event") event.name = text;
        else if (field) event[field] = text;
      }
    }
  }

  async function connect() {
    if (stream) stream.abort();
    const mine = stream = new AbortController();
    for (;;) {
      let status = 0;
      try {
        status = await read(mine.signal);
      } catch { /* lost; the loop comes back */ }
      if (mine.signal.aborted) return;
      if (status === 204) return; /* closed, and all of it is here */
      if (status === 401 || status === 403 || status === 404) { forget(); return; }
      if (state.status !== "closed") offline();
      const most = Math.min(30000, 1000 * 2 ** tries++);
      await sleep(most / 2 + Math.random() * most / 2);
      if (mine.signal.aborted) return;
    }
  }

  function reopen() {
    state.status = state.escalated ? "waiting" : "assistant";
    settle();
    connect();
  }

  /* ---- beginning and ending ------------------------------------------------------------- */

  function forget() {
    if (stream) stream.abort();
    stream = null;
    kept = nothing();
    save();
    shown.clear();
    Object.assign(state, { status: "assistant", escalated: false, last: "" });
    $("log").replaceChildren();
    say("");
    settle();
  }

  /* History first, quietly; then the stream from behind it. */
  async function reload() {
    const log = $("log");
    try {
      const [chat, page] = await Promise.all([
        api("GET", at("")), api("GET", at("/messages?newest=1&limit=200"))]);
      log.setAttribute("aria-busy", "true");
      state.status = chat.status;
      state.escalated = chat.escalationRequested;
      page.items.forEach(showMessage);
      state.last = page.lastEventId;
      log.setAttribute("aria-busy", "false");
      if (chat.status === "waiting") showWaiting({ position: chat.queuePosition });
    } catch (problem) {
      if (problem.status === 401 || problem.status === 404) return forget();
      if (!(problem instanceof Problem)) throw problem;
    }
    settle();
    return connect();
  }

  const typing = { told: 0, idle: 0 };

  function tellTyping(on) {
    clearTimeout(typing.idle);
    if (!kept.chat || state.status === "closed" || (!on && !typing.told)) return;
    if (on) typing.idle = setTimeout(() => tellTyping(false), TYPING_IDLE_MS);
    if (on && Date.now() - typing.told < TYPING_SENT_MS) return;
    typing.told = on ? Date.now() : 0;
    api("POST", at("/typing"), { isTyping: on }).catch(() => {});
  }

  function submit(event) {
    event.preventDefault();
    const text = $("text").value.trim();
    if (!text) return;
    $("text").value = kept.draft = "";
    tellTyping(false);
    send(text);
  }

  $("composer").addEventListener("submit", submit);
  $("text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
  });
  $("text").addEventListener("input", () => {
    kept.draft = $("text").value;
    save();
    tellTyping(kept.draft !== "");
  });
  $("human").addEventListener("click", () => escalate());
  $("fresh").addEventListener("click", () => { forget(); $("text").focus(); });
  document.addEventListener("visibilitychange", tellRead);
  addEventListener("online", () => { if (kept.chat && state.status !== "closed") connect(); });

  load();
  $("text").value = kept.draft;
  kept.outbox.forEach(showPending);
  settle();
  (kept.chat ? reload() : Promise.resolve()).catch(() => {});
  kept.outbox.forEach(deliver);
})();
