/* Bundles the pages:  node build.mjs --out DIR
 * Names carry a hash of the content, so that browsers may keep them for ever; each file has a twin
 * compressed by gzip. Fails when a bundle is larger than its limit. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { sheet, sheets } from "./css.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[process.argv.indexOf("--out") + 1];
if (!process.argv.includes("--out") || !out) throw new Error("usage: node build.mjs --out DIR");

/* bytes, compressed: everything that is loaded for the entry, without the other languages */
const limits = { "widget.js": 3_000, "element.js": 25_000, "console.js": 45_000 };

const common = {
  absWorkingDir: here, bundle: true, minify: true, target: "es2022", legalComments: "none",
  write: false, plugins: [sheets], jsx: "automatic", jsxImportSource: "preact",
  logLevel: "warning", charset: "utf8",
};

const modules = await build({
  ...common, format: "esm", splitting: true, metafile: true, outdir: "/out",
  entryPoints: { element: "element/embed.ts", console: "console/main.tsx" },
  entryNames: "[name]-[hash]", chunkNames: "[name]-[hash]",
});

const files = new Map(modules.outputFiles.map((f) => [basename(f.path), Buffer.from(f.contents)]));
const named = {};
for (const [path, file] of Object.entries(modules.metafile.outputs))
  if (file.entryPoint) named[basename(path).replace(/-[A-Z0-9]+\.js$/, ".js")] = basename(path);

function keep(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 8).toUpperCase();
  const full = basename(name, extname(name)) + "-" + hash + extname(name);
  files.set(full, Buffer.from(content));
  named[name] = full;
}

const loader = await build({
  ...common, format: "iife", outdir: "/out", entryPoints: { widget: "loader/loader.ts" },
  define: { ELEMENT_FILE: JSON.stringify(named["element.js"]) },
});
files.set("widget.js", Buffer.from(loader.outputFiles[0].contents));

for (const name of ["page.css", "console.css"]) keep(name, await sheet("page/" + name));
const fill = (html) => html.replace(/\{([a-z]+\.(?:js|css))\}/g, (_, name) => {
  if (!named[name]) throw new Error(`no such file: ${name}`);
  return named[name];
});
for (const name of ["page.html", "console.html"])
  files.set(name, Buffer.from(fill(readFileSync(join(here, "page", name), "utf8"))));

/* What an entry loads before it can run. */
function needed(name) {
  const all = new Set();
  const add = (path) => {
    if (all.has(path)) return;
    all.add(path);
    for (const i of modules.metafile.outputs[path].imports)
      if (i.kind === "import-statement") add(i.path);
  };
  const path = Object.keys(modules.metafile.outputs).find((p) => basename(p) === name);
  if (path) add(path);
  return path ? [...all].map((p) => basename(p)) : [name];
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
for (const [name, content] of files) {
  writeFileSync(join(out, name), content);
  writeFileSync(join(out, name + ".gz"), gzipSync(content, { level: 9 }));
}
for (const [name, limit] of Object.entries(limits)) {
  const size = needed(named[name] ?? name)
    .reduce((sum, file) => sum + gzipSync(files.get(file), { level: 9 }).length, 0);
  console.log(`${name}: ${size} bytes compressed, of at most ${limit}`);
  if (size > limit) throw new Error(`${name} is too large`);
}
