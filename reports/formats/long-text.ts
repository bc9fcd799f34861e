import type { ResultFile, TextKeeper } from "./result-file.ts";

/** A text as it is shown, and where all of it is where that is not the whole. */
export interface ShownText {
  readonly text: string;
  readonly kept: { readonly path: string; readonly bytes: number } | null;
}

/** Characters beyond a cut that are cleaned with what stands before it: a secret of one line is rarely longer. */
const overlap = 16_384;

/** Characters in which a cut looks for the border of a line before it takes that of a character. */
const lineSearch = 2_048;

/**
 * Collects a text of any length in bounded memory: shown is all of it up to `limit` characters, else its head and tail
 * around a sentence that says how much stands between; the whole goes beside the report meanwhile. `name` says what
 * the text is. Secrets are taken out before a cut can halve them.
 */
export class LongText {
  readonly #file: ResultFile;
  readonly #name: () => string;
  readonly #limit: number;
  /** All that came, until it is too long; from then on the beginning. */
  #head = "";
  #tail: TextEnd | null = null;
  #total = 0;
  #keeper: TextKeeper | null = null;

  constructor(file: ResultFile, limit: number, name: () => string) {
    this.#file = file;
    this.#limit = limit;
    this.#name = name;
  }

  /** Characters so far. */
  get length(): number {
    return this.#total;
  }

  add(text: string): void {
    this.#total += text.length;
    if (this.#tail !== null) {
      this.#keeper?.write(text);
      this.#tail.add(text);
      return;
    }
    this.#head += text;
    if (this.#total > this.#limit) this.#spill();
  }

  /** Ends the text. */
  shown(): ShownText {
    if (this.#tail === null) return { text: this.#head, kept: null };
    const { clean } = this.#file;
    const kept = this.#keeper?.close() ?? null;
    const tail = this.#tail.text();
    if (this.#head.length + tail.length < this.#total) {
      return { text: this.#around(clean(this.#head), clean(tail), this.#total), kept };
    }
    const whole = clean(this.#head + tail);
    return { text: whole.length > this.#limit ? this.#around(whole, whole, whole.length) : whole, kept };
  }

  /** Ends the text without a trace. */
  drop(): void {
    this.#keeper?.drop();
  }

  get #half(): number {
    return Math.floor(this.#limit / 2);
  }

  get #overlap(): number {
    return Math.min(overlap, this.#half);
  }

  /** Characters of head and of tail that are held: together more than the limit, each not more than that. */
  get #reach(): number {
    return this.#half + this.#overlap;
  }

  /** Because what stands at the edge of a part may be half a secret, as much as a secret may be long is left away. */
  #around(before: string, after: string, total: number): string {
    const head = headOf(before, Math.max(Math.min(this.#half, before.length - this.#overlap), 0));
    const tail = tailOf(after, Math.max(Math.min(this.#half, after.length - this.#overlap), 0));
    return `${head}\n... ${total - head.length - tail.length} characters left out ...\n${tail}`;
  }

  #spill(): void {
    this.#keeper = this.#file.keep(this.#name());
    this.#keeper?.write(this.#head);
    this.#tail = new TextEnd(this.#reach);
    this.#tail.add(this.#head.slice(this.#reach));
    this.#head = this.#head.slice(0, this.#reach);
  }
}

/**
 * The last characters of a text that comes in pieces. Because pieces that are held on to for a while burden the garbage
 * collector, their characters are copied into one ring of memory.
 */
class TextEnd {
  readonly #ring: Buffer;
  /** Bytes so far: where the next one goes, modulo the size of the ring. */
  #bytes = 0;

  constructor(characters: number) {
    this.#ring = Buffer.allocUnsafeSlow(2 * characters);
  }

  add(text: string): void {
    const size = this.#ring.length;
    let left = text.slice(-size / 2);
    while (left.length > 0) {
      const at = this.#bytes % size;
      const part = left.slice(0, (size - at) / 2);
      this.#bytes += this.#ring.write(part, at, "utf16le");
      left = left.slice(part.length);
    }
  }

  text(): string {
    const size = this.#ring.length;
    if (this.#bytes <= size) return this.#ring.toString("utf16le", 0, this.#bytes);
    const at = this.#bytes % size;
    return this.#ring.toString("utf16le", at) + this.#ring.toString("utf16le", 0, at);
  }
}

/** At most so many characters from the beginning, to the end of a line or at least of a character. */
export function headOf(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const line = text.lastIndexOf("\n", limit - 1);
  const end = line > limit - lineSearch && line > 0 ? line : limit;
  return text.slice(0, end).replace(/[\uD800-\uDBFF]$/, "");
}

/** At most so many characters from the end, from the beginning of a line or at least of a character. */
export function tailOf(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const start = text.length - limit;
  const line = text.indexOf("\n", start);
  const from = line >= 0 && line < start + lineSearch && line < text.length - 1 ? line + 1 : start;
  return text.slice(from).replace(/^[\uDC00-\uDFFF]/, "");
}
