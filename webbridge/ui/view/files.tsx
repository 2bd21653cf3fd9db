/** Files in a conversation. */
import type { Attachment } from "../core/index.js";
import type { Speech } from "./words.js";

/* What the daemon serves to be looked at in place. */
const PICTURE = /^image\/(png|jpeg|gif|webp|avif)$/;

export type TakeFile = (file: File) => void;

export function sizeText(bytes: number, { locale }: Speech): string {
  const large = bytes >= 1e6;
  return new Intl.NumberFormat(locale, { style: "unit", unit: large ? "megabyte" : "kilobyte", maximumFractionDigits: 1 })
    .format(bytes / (large ? 1e6 : 1e3));
}

/** Takes what is dropped. A file that nobody takes does not make the browser leave the page for it; a text goes where
 *  it is dropped. */
export function dropped(onFile: TakeFile | null) {
  const over = (event: DragEvent) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  };
  return {
    onDragOver: over,
    onDrop: (event: DragEvent) => {
      over(event);
      for (const file of event.dataTransfer?.files ?? []) onFile?.(file);
    },
  };
}

/** The size is fixed: the log does not jump when a picture comes. */
export function FileView({ file: f, speech, progress }: { file: Attachment; speech: Speech; progress: number | undefined }) {
  const to = { href: f.url, target: "_blank", rel: "noopener noreferrer nofollow" };
  if (f.url && PICTURE.test(f.type)) {
    return <a class="picture" part="picture" {...to}>
      <img src={f.url} alt={f.name} width={240} height={160} loading="lazy" referrerPolicy="no-referrer" /></a>;
  }
  return (
    <div class="text file" part="text">
      {f.url ? <a {...to} dir="auto">{f.name}</a> : <span dir="auto">{f.name}</span>} ({sizeText(f.size, speech)})
      {progress !== undefined && <progress value={progress} aria-label={speech.say("sending")} />}
    </div>
  );
}
