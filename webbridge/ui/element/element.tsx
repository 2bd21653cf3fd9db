/** `<parley-chat>`: a chat in a shadow root of its own. Styles come as constructed sheets and texts as
 *  text, so that a page's content security policy needs nothing but this origin's scripts. */
import { render } from "preact";
import { browserShelf, ChatClient, type Shelf, type Visitor } from "../core/index.js";
import { loadSpeech } from "../view/locales.js";
import { DRAWN_MS } from "../view/log.js";
import { type Speech, speechOf } from "../view/words.js";
import css from "./element.css";
import { type Tell, tellNews } from "./news.js";
import { Unread } from "./unread.js";
import { Widget } from "./widget.js";

const origin = new URL(import.meta.url).origin;

/* A page whose origin no organization lists gets no answers, and browsers do not tell a script why. */
async function checkOrigin(base: string): Promise<void> {
  if (await fetch(base + "/healthz").then(() => true, () => false)) return;
  if (await fetch(base + "/widget.js", { mode: "no-cors" }).then(() => true, () => false))
    console.error(`Parley: ${base} does not answer pages of ${location.origin}. Add this origin to an organization.`);
}

export class ParleyChat extends HTMLElement {
  static observedAttributes = ["locale", "open", "hidden"];
  chat: ChatClient | null = null;
  /** said of the customer when the next chat begins */
  readonly visitor: Visitor = {};
  #shelf: Shelf = browserShelf("default");
  #speech: Speech = speechOf("en", {});
  #unread: Unread | null = null;
  /** what the box begins with; what is in it since is the box's own */
  #draft = "";
  #round = 0;
  #ready = false;
  #checked = false;
  readonly #root = this.attachShadow({ mode: "open" });
  readonly #wake = () => this.chat?.wake();
  readonly #look = () => {
    if (!this.#unread?.update(this.#visible)) return;
    this.#tell("unread", { count: this.#unread.count });
    this.#draw();
  };

  readonly #tell: Tell = (name, detail) => {
    this.dispatchEvent(new CustomEvent("chat:" + name, { detail, bubbles: true, composed: true }));
  };

  connectedCallback(): void {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    this.#root.adoptedStyleSheets = [sheet];
    const space = this.getAttribute("site") ?? "default";
    this.#shelf = browserShelf(space);
    this.#draft = this.#shelf.get("draft") ?? "";
    const chat = new ChatClient({
      baseUrl: this.#base === location.origin ? "" : this.#base,
      space,
      shelf: this.#shelf,
      visitor: () => ({
        locale: this.#speech.locale,
        page: location.origin + location.pathname,
        ...this.visitor,
        ...(this.hasAttribute("site") ? { organization: space } : {}),
      }),
    });
    this.chat = chat;
    this.#unread = new Unread(chat, this.#shelf);
    chat.on("change", this.#look);
    addEventListener("online", this.#wake);
    addEventListener("storage", this.#look);
    document.addEventListener("visibilitychange", this.#wake);
    document.addEventListener("visibilitychange", this.#look);
    this.#checkOrigin();
    this.#draw();
    void this.#loadWords();
    void this.#begin(chat);
  }

  async #begin(chat: ChatClient): Promise<void> {
    await chat.start();
    if (this.chat !== chat) return;
    tellNews(chat, this.#tell);
    this.#tell("ready", null);
    setTimeout(() => {
      this.#ready = true;
      this.#draw();
    }, DRAWN_MS);
  }

  disconnectedCallback(): void {
    removeEventListener("online", this.#wake);
    removeEventListener("storage", this.#look);
    document.removeEventListener("visibilitychange", this.#wake);
    document.removeEventListener("visibilitychange", this.#look);
    this.chat?.close();
    this.chat = null;
    this.#unread = null;
    this.#ready = false;
    render(null, this.#root);
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (!this.chat || before === now) return;
    if (name === "locale") {
      void this.#loadWords();
      return;
    }
    this.#look();
    if (name === "open" && (before === null) !== (now === null)) {
      this.#checkOrigin();
      this.#tell(now === null ? "close" : "open", null);
    }
    this.#draw();
  }

  get open(): boolean {
    return this.hasAttribute("open");
  }

  set open(open: boolean) {
    this.toggleAttribute("open", open);
  }

  /** Forget the chat, its draft and what is unsent in this browser; its token is no more, if the service can be reached. */
  reset(): void {
    const { chat } = this;
    /* kept alive: the page may go at once */
    if (chat?.state.chatId)
      chat.api.fetch(`/api/chats/${chat.state.chatId}/revoke`, { method: "POST", headers: chat.api.headers(), keepalive: true })
        .catch(() => undefined);
    chat?.forget();
    this.visitor.userToken = "";
    this.#shelf.set("seen", null);
    this.#keepDraft("");
    this.#draft = "";
    this.#round++;
    this.#draw();
  }

  get #base(): string {
    return this.getAttribute("base") ?? origin;
  }

  get #inline(): boolean {
    return this.getAttribute("mode") === "inline";
  }

  get #visible(): boolean {
    return (this.open || this.#inline) && !this.hidden && !document.hidden;
  }

  /* Only when it is used: a page that is merely looked at asks nothing more of the service. */
  #checkOrigin(): void {
    if (this.#checked || this.#base === location.origin || !(this.open || this.#inline)) return;
    this.#checked = true;
    void checkOrigin(this.#base);
  }

  async #loadWords(): Promise<void> {
    this.#speech = await loadSpeech(this.getAttribute("locale") ?? "auto");
    this.#draw();
  }

  #keepDraft(text: string): void {
    this.#shelf.set("draft", text || null);
  }

  #draw(): void {
    const { chat } = this;
    if (!chat) return;
    render(
      <Widget host={this} chat={chat} speech={this.#speech} draft={this.#draft} round={this.#round} ready={this.#ready}
        onDraft={(text) => this.#keepDraft(text)} onReset={() => this.reset()}
        mode={this.#inline ? "inline" : "floating"} open={this.open} hidden={Boolean(this.hidden)}
        unread={this.#unread?.count ?? 0}
        onOpen={(open) => {
          this.open = open;
        }} />,
      this.#root,
    );
  }
}

if (!customElements.get("parley-chat")) customElements.define("parley-chat", ParleyChat);
