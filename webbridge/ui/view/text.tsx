/** Message text as elements: links and a little of Markdown, never as markup. */
import type { ComponentChildren } from "preact";

/* Only these schemes become links, and they tell the other side nothing about us. */
const LINK = /(?:https?:\/\/|mailto:)[^\s<>"]+[^\s<>"'.,;:!?)\]*_`]/;
const MARK = /\*\*(?=\S)(.+?)(?<=\S)\*\*|(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])|`([^`\n]+)`/;
const INLINE = new RegExp(`(${LINK.source})|${MARK.source}`, "g");

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
export function Text(props: { text: string }) {
  const blocks: ComponentChildren[] = [];
  let items: string[] = [];
  let lines: string[] = [];
  const flush = () => {
    if (lines.length) blocks.push(<p>{inline(lines.join("\n"))}</p>);
    if (items.length) blocks.push(<ul>{items.map((item) => <li>{inline(item)}</li>)}</ul>);
    items = [];
    lines = [];
  };
  for (const line of props.text.split("\n")) {
    const item = /^[-*] +(.+)$/.exec(line)?.[1];
    if (item ? lines.length : items.length) flush();
    if (item) items.push(item);
    else lines.push(line);
  }
  flush();
  return <div class="text" part="text" dir="auto">{blocks}</div>;
}
