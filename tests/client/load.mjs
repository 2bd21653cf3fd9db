/* The client's own modules, as they are before they are packed, and how its states are waited for. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { DEADLINE, require } from "../browser/stage.mjs";

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

/* Resolves when the client's state is so. */
export const until = (client, what, is, deadline = DEADLINE) => new Promise((done, failed) => {
  const end = setTimeout(() => failed(new Error(`never: ${what}; ${JSON.stringify(client.state).slice(0, 2000)}`)), deadline);
  const look = (state) => {
    if (!is(state)) return;
    clearTimeout(end);
    off();
    done(state);
  };
  const off = client.on("change", look);
  look(client.state);
});
