/* What the tests of one file share: opened before the first of them, closed after the last. Each file runs in a
 * process of its own. */
import { after, before } from "node:test";
import { openBrowser, openStage } from "./stage.mjs";
import { openHost } from "./widget.mjs";

export let stage;
export let browser;
/* A site with the widget; undefined without pages. */
export let host;

/* settings: of the daemon. model: the assistant asks one. pages: of the site, beside its own. */
export function scene({ settings = null, model = false, pages = null } = {}) {
  before(async () => {
    [stage, browser] = await Promise.all([openStage(settings, { model }), openBrowser()]);
    if (!pages) return;
    host = await openHost(stage, pages);
    await host.list();
  });
  after(async () => {
    await browser?.close();
    await host?.close();
    await stage?.close();
  });
}
