/** Message text as elements: links and a little of Markdown, never as markup. */
import type { ComponentChildren } from "preact";

/* Each mark is looked for up to the next of its kind and no further: a text of nothing but beginnings is read once.
 * Only these schemes become links, and they tell the other side nothing about us. */
const LINK = /(?:https?:\/\/|mailto:)[^\s<>"]+[^\s<>"'.,;:!?)\]*_`]/;
const MARK = /\*\*(?=\S)((?:(?!\*\*).)+)(?<=\S)\*\*|(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])|`([^`\n]+)`/;
const INLINE = new RegExp(`(${LINK.source})|${MARK.source}`, "g");
/* An emoji at the beginning of a notice is decoration. */
const MARKED = /^\p{Extended_Pictographic}\uFE0F? /u;

function link(url: string): ComponentChildren {
  return <a href={url} target="_blank" rel="noopener noreferrer nofollow">{url}</a>;
}

function inline(text: string): ComponentChildren[] {
  const parts: ComponentChildren[] = [];
  let from = 0;
  for (const found of text.matchAll(INLINE)) {
    const [whole, url, bold, italic, code] = found;
    parts.push(text.slice(from, found.index));
    if (url) parts.push(link(url));
    else if (bold) parts.push(<strong>{inline(bold)}</strong>);
    else if (italic) parts.push(<em>{italic}</em>);
    else parts.push(<code>{code}</code>);
    from = found.index + whole.length;
  }
  parts.push(text.slice(from));
  return parts;
}

/** Lines that begin with "- " or "* " in a row are a list; all else keeps its line breaks. */
export function Text(props: { text: string; notice?: boolean }) {
  const mark = props.notice ? MARKED.exec(props.text)?.[0] : undefined;
  const blocks: ComponentChildren[] = [];
  let items: string[] = [];
  let lines: string[] = [];
  const flush = () => {
    if (lines.length) blocks.push(<p>{inline(lines.join("\n"))}</p>);
    if (items.length) blocks.push(<ul>{items.map((item) => <li>{inline(item)}</li>)}</ul>);
    items = [];
    lines = [];
  };
  for (const line of props.text.slice(mark?.length ?? 0).split("\n")) {
    const item = /^[-*] +(.+)$/.exec(line)?.[1];
    if (item ? lines.length : items.length) flush();
    if (item) items.push(item);
    else lines.push(line);
  }
  flush();
  return <div class="text" part="text" dir="auto">{mark && <span aria-hidden="true">{mark}</span>}{blocks}</div>;
}
