/* A project of somebody who uses the packages: copied where npm would put them. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
export const modules = join(root, "webbridge/ui/node_modules");
const built = process.env.PARLEY_PACKAGES ?? join(root, "build/release/npm");
export const PACKAGES = ["parley-client", "parley-react"];

export function openProject() {
  const folder = mkdtempSync(join(tmpdir(), "parley-project-"));
  const inside = join(folder, "node_modules");
  mkdirSync(join(inside, "@types"), { recursive: true });
  for (const name of PACKAGES) cpSync(join(built, name), join(inside, name), { recursive: true });
  for (const name of ["react", "react-dom", "@types/react", "@types/react-dom"])
    symlinkSync(join(modules, name), join(inside, name));
  cpSync(join(here, "snippets"), join(folder, "snippets"), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({
    compilerOptions: { strict: true, noEmit: true, target: "ES2022", module: "NodeNext", jsx: "react-jsx",
      lib: ["ES2023", "DOM"], types: [] },
  }));
  return {
    folder,
    run: (...words) => spawnSync(process.execPath, words, { cwd: folder, encoding: "utf8" }),
    /* what the compiler says of these files */
    types: () => {
      const run = spawnSync(process.execPath, [join(modules, "typescript/bin/tsc"), "-p", "."], { cwd: folder, encoding: "utf8" });
      return run.stdout + run.stderr;
    },
    write: (name, text) => writeFileSync(join(folder, name), text),
    close: () => rmSync(folder, { recursive: true }),
  };
}
