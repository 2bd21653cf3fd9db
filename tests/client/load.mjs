/* The client's own modules, as they are before they are packed. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { require } from "../browser/stage.mjs";

const ui = fileURLToPath(new URL("../../webbridge/ui/", import.meta.url));

export async function loadCore() {
  const out = mkdtempSync(join(tmpdir(), "parley-core-"));
  try {
    await require("esbuild").build({
      absWorkingDir: ui, bundle: true, format: "esm", platform: "neutral", outfile: join(out, "core.mjs"),
      stdin: {
        resolveDir: ui, loader: "ts",
        contents: ["index", "api", "outbox", "state", "stream"].map((m) => `export * from "./core/${m}.ts";`).join("\n"),
      },
    });
    return await import(pathToFileURL(join(out, "core.mjs")));
  } finally {
    rmSync(out, { recursive: true });
  }
}
