import { capped, type ReadResults } from "../results.ts";
import { decoded, offsetIn, type TextPiece } from "./decoding.ts";
import type { ResultFile, ResultReader } from "./result-file.ts";

/** One line of a result file, without its end. */
export interface Line {
  readonly text: string;
  /** From 1. */
  readonly number: number;
  /** Where it begins in the file, in bytes. */
  offset(): number;
  /** Whether it is longer than {@link mostLineCharacters}: `text` is its beginning. */
  readonly cut: boolean;
  /** False only for a last line that nothing ends, as a killed writer leaves it. */
  readonly ended: boolean;
}

/** Takes the lines of one file in their order, and says in the end what they are. Never throws. */
export interface LineReading {
  take(line: Line): void;
  finish(): ReadResults;
}

/** Characters of a line that are looked at. */
export const mostLineCharacters = 16 * 1024 * 1024;

/** A reader of a format of lines, in the memory of its longest line and of what it finds. */
export function lineReader(begin: (file: ResultFile) => LineReading): ResultReader {
  return async (file) => {
    const reading = begin(file);
    await eachLine(file, (line) => reading.take(line));
    return reading.finish();
  };
}

/** Gives every line to `take`; an empty last one is none. */
export async function eachLine(file: ResultFile, take: (line: Line) => void): Promise<void> {
  let open: OpenLine | null = null;
  let number = 0;
  const give = (line: OpenLine, ended: boolean) => {
    number += 1;
    const text = line.text.endsWith("\r") ? line.text.slice(0, -1) : line.text;
    take({ text, number, offset: () => offsetIn(line.piece, line.index), cut: line.cut, ended });
  };
  for await (const piece of decoded(file)) {
    const { text } = piece;
    let from = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", from)) {
      give(longer(open, piece, { from, end }), true);
      open = null;
      from = end + 1;
    }
    if (from < text.length) open = longer(open, piece, { from, end: text.length });
  }
  if (open !== null) give(open, false);
}

interface OpenLine {
  readonly text: string;
  readonly cut: boolean;
  /** Where it begins. */
  readonly piece: TextPiece;
  readonly index: number;
}

function longer(
  open: OpenLine | null,
  piece: TextPiece,
  { from, end }: { readonly from: number; readonly end: number },
): OpenLine {
  const more = piece.text.slice(from, end);
  if (open === null) return { text: more, cut: false, piece, index: from };
  if (open.cut || open.text.length + more.length > mostLineCharacters) return { ...open, cut: true };
  return { ...open, text: open.text + more };
}

/** A text within its limit; one that is cut is rid of its secrets before, because half a secret is not recognised. */
export function fitting(text: string, limit: number, file: ResultFile): string {
  return text.length <= limit ? text : capped(file.clean(text), limit);
}

/** A copy that does not hold the memory of the piece of file it was sliced from. */
export function detached(text: string): string {
  return text.length < 13 ? text : Buffer.from(text, "utf16le").toString("utf16le");
}
