/* Components of a stranger's project, shown by React in Chromium: a page of the daemon's origin, whose policy allows
 * files of that origin and nothing else. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DEADLINE, require } from "../browser/stage.mjs";
import { modules } from "./project.mjs";

const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; "
  + "require-trusted-types-for 'script'; trusted-types 'none'";

/* A hook needs a component around it; all else stands as it is in the specification, but for the chat's id. */
export const componentOf = (project, name, id) => {
  const text = readFileSync(join(project.folder, "snippets", name), "utf8").replaceAll("chat_123", id);
  const cut = text.indexOf("\n\n");
  const [imports, body] = [text.slice(0, cut), text.slice(cut)];
  if (body.trimStart().startsWith("<")) return `${imports}\nexport default () => (${body});`;
  const [hook, rest] = body.split("// Send a message\n");
  return `${imports}\nexport default () => {${hook}
    window.seen = { isConnected, error, send: async () => { ${rest} } };
    return <p>{isConnected ? "connected" : "not connected"}</p>; };`;
};

/* React as it is, and the first that has hooks. */
export const REACTS = {
  newest: { main: `
    import { createRoot } from "react-dom/client";
    const root = createRoot(at);
    window.unmount = () => root.unmount();
    root.render(view);` },
  "16.8": { tsconfigRaw: { compilerOptions: { jsx: "react" } }, inject: ["react.js"],
    alias: { react: join(modules, "react-oldest"), "react-dom": join(modules, "react-dom-oldest") }, main: `
    import { render, unmountComponentAtNode } from "react-dom";
    window.unmount = () => unmountComponentAtNode(at);
    render(view, at);` },
};

/* One page with one component in strict mode. `faults`: what the policy stopped, what React warned of, what was thrown. */
export async function showIn(project, url, context, source, settings, react = "newest") {
  const { main, ...how } = REACTS[react];
  project.write("view.tsx", source);
  project.write("react.js", 'export * as React from "react";');
  project.write("main.tsx", `
    import { StrictMode } from "react";
    import { configure } from "parley-react";
    import "parley-react/style.css";
    import View from "./view";
    configure(${JSON.stringify(settings)});
    const at = document.body.appendChild(document.createElement("main"));
    const view = <StrictMode><View /></StrictMode>;
    ${main}`);
  const made = await require("esbuild").build({
    absWorkingDir: project.folder, bundle: true, write: false, format: "esm", charset: "utf8", outdir: "/", ...how,
    entryPoints: ["main.tsx"], define: { "process.env.NODE_ENV": '"development"' },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(DEADLINE);
  Object.assign(page, { lines: [], faults: [], streams: new Set() });
  page.on("console", (line) => {
    page.lines.push(line.text());
    if (line.type() === "error" && !line.text().startsWith("Failed to load resource")) page.faults.push(line.text());
  });
  page.on("pageerror", (error) => page.faults.push(String(error)));
  page.on("request", (r) => r.url().includes("/events") && page.streams.add(r));
  for (const over of ["requestfailed", "requestfinished"]) page.on(over, (r) => page.streams.delete(r));
  const serve = (name, contentType, body) => page.route(`${url}/react-test${name}`, (route) =>
    route.fulfill({ contentType, body, headers: { "Content-Security-Policy": POLICY } }));
  for (const { path, text } of made.outputFiles)
    await serve(path.replace(/^.*\./, "."), path.endsWith(".css") ? "text/css" : "text/javascript", text);
  await serve("", "text/html", "<!doctype html><html lang=en><head><meta charset=utf-8><title>A site</title><link rel=icon href=data:,>"
    + "<meta name=viewport content='width=device-width, initial-scale=1'><link rel=stylesheet href=/react-test.css></head>"
    + "<body><script type=module src=/react-test.js></script></body></html>");
  await page.goto(url + "/react-test");
  return page;
}
