/** `<parley-chat>`: a chat in a shadow root of its own. Styles come as constructed sheets and texts as
 *  text, so that a page's content security policy needs nothing but this origin's scripts. */
import { render } from "preact";
import { browserShelf, ChatClient } from "../core/index.js";
import { loadSpeech, offer, type Speech, speechOf } from "../view/words.js";
import css from "./element.css";
import { Widget } from "./widget.js";

const origin = new URL(import.meta.url).origin;

export class ParleyChat extends HTMLElement {
  static observedAttributes = ["locale", "open", "hidden"];
  chat: ChatClient | null = null;
  private speech: Speech = speechOf("en", {});
  private readonly root = this.attachShadow({ mode: "open" });
  private wake = () => this.chat?.wake();

  connectedCallback(): void {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    this.root.adoptedStyleSheets = [sheet];
    const space = this.getAttribute("site") ?? "default";
    const shelf = browserShelf(space);
    const base = this.getAttribute("base") ?? origin;
    this.chat = new ChatClient({
      baseUrl: base === location.origin ? "" : base,
      space,
      shelf,
      visitor: () => ({
        locale: navigator.language,
        page: location.origin + location.pathname,
        ...(this.hasAttribute("site") ? { organization: space } : {}),
      }),
    });
    addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.wake);
    this.draw();
    void this.loadWords();
    void this.chat.start().then(() => this.dispatchEvent(new CustomEvent("chat:ready", { bubbles: true, composed: true })));
  }

  disconnectedCallback(): void {
    removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.wake);
    this.chat?.close();
    this.chat = null;
    render(null, this.root);
  }

  attributeChangedCallback(name: string): void {
    if (!this.chat) return;
    if (name === "locale") void this.loadWords();
    else this.draw();
  }

  get open(): boolean {
    return this.hasAttribute("open");
  }

  set open(open: boolean) {
    this.toggleAttribute("open", open);
  }

  private async loadWords(): Promise<void> {
    this.speech = await loadSpeech(this.getAttribute("locale") ?? "auto");
    this.draw();
  }

  private draw(): void {
    const { chat } = this;
    if (!chat) return;
    const shelf = browserShelf(this.getAttribute("site") ?? "default");
    render(
      <Widget chat={chat} speech={this.speech} draft={shelf.get("draft") ?? ""}
        onDraft={(text) => shelf.set("draft", text || null)}
        mode={this.getAttribute("mode") === "inline" ? "inline" : "floating"}
        open={this.open} hidden={Boolean(this.hidden)}
        onOpen={(open) => {
          this.open = open;
          this.dispatchEvent(new CustomEvent(open ? "chat:open" : "chat:close", { bubbles: true, composed: true }));
        }} />,
      this.root,
    );
  }
}

export { offer };

if (!customElements.get("parley-chat")) customElements.define("parley-chat", ParleyChat);
