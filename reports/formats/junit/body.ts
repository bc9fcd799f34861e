import { type KeptText, textLimits } from "../../results.ts";
import { LongText } from "../long-text.ts";
import type { Reading } from "./reading.ts";

/** A text that is collected piece by piece: nothing is allocated while it is empty. */
export class Body {
  readonly #reading: Reading;
  readonly #of: KeptText["of"];
  readonly #name: () => string;
  #text: LongText | null = null;

  constructor(reading: Reading, of: KeptText["of"], name: () => string) {
    this.#reading = reading;
    this.#of = of;
    this.#name = name;
  }

  get isEmpty(): boolean {
    return this.#text === null;
  }

  add(piece: string): void {
    // Because elements are indented, text that is nothing but space begins no body.
    if (this.#text === null && piece.trim() === "") return;
    this.#text ??= new LongText(this.#reading.file, textLimits[this.#of], this.#name);
    this.#text.add(piece);
  }

  /** The text without empty lines before it and space after it; the list gets where all of it is kept. */
  shown(kept: KeptText[]): string {
    if (this.#text === null) return "";
    const shown = this.#text.shown();
    if (shown.kept !== null) kept.push({ of: this.#of, ...shown.kept });
    return shown.text.replace(/^(?:[ \t]*\r?\n)+/, "").trimEnd();
  }

  drop(): void {
    this.#text?.drop();
  }
}
