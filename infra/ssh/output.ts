const newline = 0x0a;
const carriageReturn = 0x0d;
/** Longest line handed over in one piece, in bytes; a longer one comes in several. */
const longestLine = 64 * 1024;

/** Cuts bytes into lines. Bytes are cut before they are decoded, so a character on a chunk's border stays whole. */
export interface LineCutter {
  push(chunk: Buffer): void;
  /** Hands over what stands after the last line break. */
  end(): void;
}

/** Calls `onLine` with each line (UTF-8, without its `\n` or `\r\n`) and the number of bytes consumed up to its end. */
export function lineCutter(onLine: (line: string, consumed: number) => void): LineCutter {
  let rest: Buffer = Buffer.alloc(0);
  let consumed = 0;

  const emit = (bytes: Buffer, length: number): void => {
    consumed += length;
    const end = bytes.at(-1) === carriageReturn ? bytes.length - 1 : bytes.length;
    onLine(bytes.toString("utf8", 0, end), consumed);
  };

  return {
    push(chunk) {
      let start = 0;
      for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, start)) {
        const line = rest.length === 0 ? chunk.subarray(start, at) : Buffer.concat([rest, chunk.subarray(start, at)]);
        rest = Buffer.alloc(0);
        start = at + 1;
        emit(line, line.length + 1);
      }
      rest = Buffer.concat([rest, chunk.subarray(start)]);
      while (rest.length > longestLine) {
        const piece = rest.subarray(0, characterBorder(rest, longestLine));
        rest = rest.subarray(piece.length);
        emit(piece, piece.length);
      }
    },
    end() {
      if (rest.length === 0) return;
      const last = rest;
      rest = Buffer.alloc(0);
      emit(last, last.length);
    },
  };
}

/** Keeps the last `mostBytes` of what is pushed. */
export interface Tail {
  push(chunk: Buffer): void;
  /** What was kept, as UTF-8, starting at a whole character. */
  text(): string;
}

/** Makes a {@link Tail}; it never holds more than twice `mostBytes`. */
export function tail(mostBytes: number): Tail {
  let chunks: Buffer[] = [];
  let held = 0;
  let dropped = false;

  const trim = (): Buffer => {
    const all = Buffer.concat(chunks);
    dropped ||= all.length > mostBytes;
    const kept = all.length > mostBytes ? all.subarray(all.length - mostBytes) : all;
    chunks = [kept];
    held = kept.length;
    return kept;
  };

  return {
    push(chunk) {
      chunks.push(chunk);
      held += chunk.length;
      if (held > 2 * mostBytes) trim();
    },
    text() {
      const kept = trim();
      let start = 0;
      while (dropped && start < 3 && isContinuation(kept[start])) start += 1;
      return kept.toString("utf8", start);
    },
  };
}

/** The largest index up to `at` that does not stand inside a UTF-8 character. */
function characterBorder(bytes: Buffer, at: number): number {
  for (let border = at; border > at - 4; border -= 1) if (!isContinuation(bytes[border])) return border;
  return at;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
