/* What the tests of React share: one stranger's project, and chats. */
import { after } from "node:test";
import { consoleOf } from "../browser/desk.mjs";
import { browser, stage } from "../browser/scene.mjs";
import { DEADLINE } from "../browser/stage.mjs";
import { openProject } from "./project.mjs";
import { componentOf, showIn } from "./react_page.mjs";

const project = openProject();
after(() => project.close());

export const component = (name, id) => componentOf(project, name, id);
export const show = (...how) => showIn(project, stage.url, ...how);

export const begin = async () => {
  const answer = await fetch(stage.url + "/api/chats", { method: "POST", body: "{}",
    headers: { "Content-Type": "application/json" } });
  const { chat, token } = await answer.json();
  const post = async (path, body) => (await fetch(stage.url + path, { method: "POST", body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", Authorization: "Bearer " + token } })).json();
  return { id: chat.id, token, post };
};

/* A browser whose cookie is this agent's. */
export const signedIn = async (agent, options) => {
  const page = await consoleOf(stage, browser, agent, options);
  await page.close();
  return page.context();
};

/* Waits until a line in the console or a request makes it true. */
export const until = (page, what, is) => new Promise((done, failed) => {
  const events = ["console", "pageerror", "request", "requestfailed", "requestfinished"];
  const end = (settle, value) => {
    clearTimeout(deadline);
    for (const event of events) page.off(event, look);
    settle(value);
  };
  const deadline = setTimeout(() => end(failed, new Error("never: " + what)), DEADLINE);
  const look = () => is() && end(done);
  for (const event of events) page.on(event, look);
  look();
});
