/** Texts by language: catalogues are data, and English is always there. */
import en from "../words/en.json";

export type Words = Record<keyof typeof en, string>;

export interface Speech {
  locale: string;
  rtl: boolean;
  say: (name: keyof Words | string, values?: Record<string, string | number>) => string;
  /** the form of a text that fits a number: `name.one`, `name.other` */
  count: (name: string, n: number) => string;
  time: (iso: string) => string;
}

function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

export function speechOf(locale: string, words: Partial<Words>): Speech {
  const texts = { ...en, ...words } as Record<string, string>;
  const plural = new Intl.PluralRules(locale);
  const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
  const say: Speech["say"] = (name, values = {}) => fill(texts[name] ?? name, values);
  return {
    locale,
    rtl: /^(ar|fa|he|ur)\b/.test(locale),
    say,
    count: (name, n) => say(texts[`${name}.${plural.select(n)}`] ? `${name}.${plural.select(n)}` : `${name}.other`, { n }),
    time: (iso) => clock.format(new Date(iso)),
  };
}

/* Texts that the service writes into the chat, as it brings them along. */
const STOCK = ["waiting", "agent_joined", "agent_left", "closed", "reopened", "rated", "offer"] as const;

/** A text of the service in this language; one that its owner wrote stays as it is. */
export function translated(text: string, say: Speech["say"]): string {
  for (const name of STOCK) {
    const [before = "", after] = en[name].split("{name}");
    if (after === undefined ? text === before : text.startsWith(before) && text.endsWith(after))
      return say(name, { name: text.slice(before.length, text.length - (after?.length ?? 0)) });
  }
  return text;
}
