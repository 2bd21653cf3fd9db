/* Makes the packages that other pages are built with:  node packages.mjs --out DIR
 * DIR/parley-client and DIR/parley-react are as npm has them: an ES module, its types, a README; the latter has a
 * style sheet and languages, too. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { sheetOfPart } from "./css.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[process.argv.indexOf("--out") + 1];
if (!process.argv.includes("--out") || !out) throw new Error("usage: node packages.mjs --out DIR");
const [, version] = /^project\(parley VERSION ([\d.]+)/m.exec(readFileSync(join(here, "../../CMakeLists.txt"), "utf8"));

const packages = [
  { name: "parley-client", entry: "core/index.ts", project: "core", style: false, more: {} },
  { name: "parley-react", entry: "react/index.ts", project: "react", style: true, more: {
    dependencies: { "parley-client": version },
    peerDependencies: { react: ">=16.8" },
  } },
];

function types(project, to) {
  const run = spawnSync(process.execPath, [join(here, "node_modules/typescript/bin/tsc"), "-p", join(here, project),
    "--noEmit", "false", "--declaration", "--emitDeclarationOnly", "--rootDir", here, "--outDir", to], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(run.stdout + run.stderr);
}

for (const { name, entry, project, style, more } of packages) {
  const to = join(out, name);
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  await build({
    absWorkingDir: here, bundle: true, format: "esm", platform: "neutral", target: "es2022", charset: "utf8",
    external: ["react", "parley-client"], entryPoints: [entry], outdir: to, entryNames: "[name]", chunkNames: "[name]",
    splitting: true, logLevel: "warning", legalComments: "none", tsconfigRaw: {},
    /* the view, which widget and console draw by Preact, is drawn by the page's React */
    jsx: "automatic", jsxImportSource: "preact",
    alias: { "preact/hooks": "react", "preact/jsx-runtime": join(here, "react/jsx.ts") },
  });
  if (style) writeFileSync(join(to, "style.css"), await sheetOfPart("react/style.css", "parley-chat", "parley-"));
  const made = join(out, ".types");
  types(project, made);
  cpSync(join(made, project), join(to, "types"), { recursive: true });
  rmSync(made, { recursive: true });
  cpSync(join(here, project, "README.md"), join(to, "README.md"));
  writeFileSync(join(to, "package.json"), JSON.stringify({
    name, version, type: "module", sideEffects: ["*.css"],
    exports: { ".": { types: "./types/index.d.ts", default: "./index.js" }, ...(style ? { "./style.css": "./style.css" } : {}) },
    types: "./types/index.d.ts", files: ["*.js", "*.css", "types"], engines: { node: ">=20" }, ...more,
  }, null, 2) + "\n");
}
