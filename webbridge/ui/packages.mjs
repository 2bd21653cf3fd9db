/* Makes the packages that other pages are built with:  node packages.mjs --out DIR
 * DIR/parley-client and DIR/parley-react are as npm has them: an ES module, its types, a README. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[process.argv.indexOf("--out") + 1];
if (!process.argv.includes("--out") || !out) throw new Error("usage: node packages.mjs --out DIR");
const [, version] = /^project\(parley VERSION ([\d.]+)/m.exec(readFileSync(join(here, "../../CMakeLists.txt"), "utf8"));

const packages = [
  { name: "parley-client", entry: "core/index.ts", project: "core", more: {} },
  { name: "parley-react", entry: "react/index.ts", project: "react", more: {
    dependencies: { "parley-client": version },
    peerDependencies: { react: ">=16.8" },
  } },
];

function types(project, to) {
  const run = spawnSync(process.execPath, [join(here, "node_modules/typescript/bin/tsc"), "-p", join(here, project),
    "--noEmit", "false", "--declaration", "--emitDeclarationOnly", "--rootDir", here, "--outDir", to], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(run.stdout + run.stderr);
}

for (const { name, entry, project, more } of packages) {
  const to = join(out, name);
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  await build({
    absWorkingDir: here, bundle: true, format: "esm", platform: "neutral", target: "es2022", charset: "utf8",
    jsx: "transform", external: ["react", "parley-client"], entryPoints: [entry], outfile: join(to, "index.js"),
    logLevel: "warning", legalComments: "none", tsconfigRaw: {},
  });
  const made = join(out, ".types");
  types(project, made);
  cpSync(join(made, project), join(to, "types"), { recursive: true });
  rmSync(made, { recursive: true });
  cpSync(join(here, project, "README.md"), join(to, "README.md"));
  writeFileSync(join(to, "package.json"), JSON.stringify({
    name, version, type: "module", sideEffects: false,
    exports: { ".": { types: "./types/index.d.ts", default: "./index.js" } },
    types: "./types/index.d.ts", files: ["index.js", "types"], engines: { node: ">=20" }, ...more,
  }, null, 2) + "\n");
}
