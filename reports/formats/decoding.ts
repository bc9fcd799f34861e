import { isAscii, isUtf8 } from "node:buffer";
import { TextDecoder } from "node:util";
import type { ResultFile } from "./result-file.ts";

/** A piece of a file as text. */
export interface TextPiece {
  readonly text: string;
  /** Where its bytes begin in the file. */
  readonly offset: number;
  /** As `TextDecoder` names it. */
  readonly encoding: string;
  /** Whether some bytes of it are not text in that encoding: U+FFFD stands for them. */
  readonly invalid: boolean;
}

/** Bytes that are decoded at once. */
const pieceBytes = 16_384;

/** Bytes in which an encoding is declared. */
const declarationBytes = 256;

/**
 * A file as text, in pieces of at most 16 Ki characters. It is UTF-8 unless a byte order mark, the pattern of the first
 * four bytes (appendix F of the XML specification) or an XML declaration says another encoding that is known here. No
 * piece ends inside a character.
 */
export async function* decoded(file: ResultFile): AsyncGenerator<TextPiece> {
  let begun: Decoding | null = null;
  let waiting: Uint8Array = new Uint8Array(0);
  for await (const chunk of file.open()) {
    const bytes: Uint8Array = begun === null && waiting.length > 0 ? Buffer.concat([waiting, chunk]) : chunk;
    if (begun === null && bytes.length < declarationBytes) {
      waiting = Uint8Array.from(bytes);
      continue;
    }
    begun ??= new Decoding(bytes);
    yield* begun.pieces(bytes);
  }
  if (begun === null) {
    begun = new Decoding(waiting);
    yield* begun.pieces(waiting);
  }
  yield* begun.rest();
}

/** Where in the file a character of a piece stands, in bytes. */
export function offsetIn({ text, offset, encoding }: TextPiece, index: number): number {
  const before = text.slice(0, index);
  if (encoding === "utf-8") return offset + Buffer.byteLength(before);
  return offset + (encoding.startsWith("utf-16") ? 2 : 1) * before.length;
}

/** The encoding that the first bytes of a file say, with the length of its byte order mark. */
export function encodingOf(bytes: Uint8Array): { readonly label: string; readonly mark: number } {
  const [a = -1, b = -1, c = -1, d = -1] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return { label: "utf-8", mark: 3 };
  if (a === 0xff && b === 0xfe) return { label: "utf-16le", mark: 2 };
  if (a === 0xfe && b === 0xff) return { label: "utf-16be", mark: 2 };
  if (a === 0x3c && b === 0 && c !== 0 && d === 0) return { label: "utf-16le", mark: 0 };
  if (a === 0 && b === 0x3c && c === 0 && d !== 0) return { label: "utf-16be", mark: 0 };
  const start = Buffer.from(bytes.subarray(0, declarationBytes)).toString("latin1");
  const declared = /<\?xml[^>]{0,100}?\sencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']/.exec(start)?.[1];
  // Because a file whose first character takes one byte is not UTF-16, whatever it says.
  if (declared === undefined || /^(utf|ucs|iso-10646)/i.test(declared)) return { label: "utf-8", mark: 0 };
  return { label: knownLabel(declared) ?? "utf-8", mark: 0 };
}

function knownLabel(declared: string): string | null {
  try {
    return new TextDecoder(declared).encoding;
  } catch {
    return null;
  }
}

/** The bytes of one file on their way to text. */
class Decoding {
  readonly #encoding: string;
  readonly #decoder: TextDecoder | null;
  #judge: TextDecoder | null = null;
  /** Bytes of the file that are not to be decoded, or already are. */
  #offset = 0;
  #skip: number;
  /** The first bytes of a character that the next chunk ends. */
  #carried: Uint8Array = new Uint8Array(0);

  constructor(first: Uint8Array) {
    const { label, mark } = encodingOf(first);
    this.#encoding = label;
    this.#skip = mark;
    this.#decoder = label === "utf-8" ? null : new TextDecoder(label, { ignoreBOM: true });
  }

  *pieces(chunk: Uint8Array): Generator<TextPiece> {
    const skipped = Math.min(this.#skip, chunk.length);
    this.#skip -= skipped;
    this.#offset += skipped;
    for (let at = skipped; at < chunk.length; at += pieceBytes) {
      yield this.#piece(chunk.subarray(at, at + pieceBytes), false);
    }
  }

  *rest(): Generator<TextPiece> {
    const piece = this.#piece(new Uint8Array(0), true);
    if (piece.text !== "") yield piece;
  }

  /** Because a text may hold U+FFFD itself, whether bytes were replaced by it is asked from a decoder that refuses them. */
  #refused(bytes: Uint8Array, last: boolean): boolean {
    this.#judge ??= new TextDecoder(this.#encoding, { ignoreBOM: true, fatal: true });
    try {
      this.#judge.decode(bytes, { stream: !last });
      return false;
    } catch {
      this.#judge = null;
      return true;
    }
  }

  #piece(bytes: Uint8Array, last: boolean): TextPiece {
    const offset = this.#offset - this.#carried.length;
    this.#offset += bytes.length;
    if (this.#decoder !== null) {
      const text = this.#decoder.decode(bytes, { stream: !last });
      return { text, offset, encoding: this.#encoding, invalid: this.#refused(bytes, last) };
    }
    const all =
      this.#carried.length > 0
        ? Buffer.concat([this.#carried, bytes])
        : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const end = last ? all.length : all.length - unfinished(all);
    this.#carried = Uint8Array.from(all.subarray(end));
    const whole = all.subarray(0, end);
    if (isAscii(whole)) return { text: whole.toString("latin1"), offset, encoding: "utf-8", invalid: false };
    return { text: whole.toString("utf8"), offset, encoding: "utf-8", invalid: !isUtf8(whole) };
  }
}

/** How many bytes at the end begin a character of UTF-8 without ending it. */
function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}
