/** Calls an agent who looks elsewhere: by a sound, and by a notification of the system. */
import type { Chat } from "../core/types.js";
import { go } from "./route.js";

let audio: AudioContext | null = null;

/** Browsers let a page sound only after it was touched: then it is got ready. */
export function armSound(): () => void {
  const arm = () => {
    audio ??= new AudioContext();
    void audio.resume();
  };
  addEventListener("pointerdown", arm, { once: true });
  addEventListener("keydown", arm, { once: true });
  return () => {
    removeEventListener("pointerdown", arm);
    removeEventListener("keydown", arm);
  };
}

function beep(): void {
  audio ??= new AudioContext();
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  volume.gain.value = 0.1;
  tone.frequency.value = 660;
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.2);
}

export interface Call {
  chat: Chat;
  title: string;
  text: string;
}

const TEXT_MAX = 200;

/** Does nothing while the page is seen. */
export function ring(call: Call, how: { sound: boolean; notify: boolean }): void {
  if (document.visibilityState === "visible") return;
  if (how.sound) beep();
  if (!how.notify || globalThis.Notification?.permission !== "granted") return;
  const note = new Notification(call.title, { body: call.text.slice(0, TEXT_MAX), tag: call.chat.id });
  note.onclick = () => {
    window.focus();
    go("/app/chats/" + call.chat.id);
    note.close();
  };
}
