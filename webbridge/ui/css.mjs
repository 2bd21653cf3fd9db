/* Style sheets as pages load them: with what they import, and without what only people read. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const common = { charset: "utf8", logLevel: "warning" };

/* path: from here. */
export async function sheet(path, minify = true) {
  const made = await build({ ...common, absWorkingDir: here, entryPoints: [path], bundle: true, minify, write: false });
  return made.outputFiles[0].text;
}

/* The same for a part of a page that has this class: its rules hold there only, and its other classes get names
 * that begin with `prefix`. */
export async function sheetOfPart(path, part, prefix) {
  const whole = (await sheet(path, false)).replace(/\.([a-z][\w-]*)(?=[^;"]*\{)/g, `.${prefix}$1`).replaceAll(/:root,\s*:host/g, "&");
  const moves = /^@keyframes [^]*?^\}\n/gm; /* may stand in no other rule */
  const css = `.${part} {\n${whole.replace(moves, "")}}\n${(whole.match(moves) ?? []).join("")}`;
  return (await transform(css, { ...common, loader: "css", target: "safari16" })).code;
}

/* A sheet that a script imports is its text. */
export const sheets = {
  name: "sheets",
  setup: (made) => made.onLoad({ filter: /\.css$/ }, async ({ path }) => ({ loader: "text", contents: await sheet(path) })),
};
