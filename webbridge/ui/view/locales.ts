/** The languages that pages have: English at once, the others when they are asked for. */
import { type Speech, speechOf, type Words } from "./words.js";

const catalogues: Record<string, () => Promise<{ default: Partial<Words> }>> = {
  ar: () => import("../words/ar.json"),
  de: () => import("../words/de.json"),
  es: () => import("../words/es.json"),
  fr: () => import("../words/fr.json"),
};

/** "auto" is what the browser prefers; what is not known is English. */
export async function loadSpeech(wanted: string): Promise<Speech> {
  const asked = wanted === "auto" || !wanted ? navigator.languages : [wanted];
  for (const locale of asked) {
    const [language = ""] = locale.toLowerCase().split("-");
    if (language === "en") return speechOf(locale, {});
    if (!Object.hasOwn(catalogues, language)) continue;
    const words = await catalogues[language]?.().catch(() => null);
    if (!words) break; /* could not be fetched */
    return speechOf(locale, words.default);
  }
  return speechOf("en", {});
}
