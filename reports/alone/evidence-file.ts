import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

/** Bytes read at once: large enough to be quick, small enough to be nothing. */
const pieceBytes = 256 * 1024;

/** What has been read of a file: known once it was read to its end. */
export interface ReadBytes {
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * A file of results that is read in pieces, any number of times. Opening it never waits and never follows a link, so
 * that what was exchanged for a pipe or a link after it was listed is an error and not a hang.
 */
export interface EvidenceFile {
  /** The bytes from the beginning. Throws a system error, or a TypeError for what is no plain file. */
  open(): AsyncGenerator<Uint8Array>;
  /** The first bytes, at most so many. Throws like `open`. */
  head(length: number): Uint8Array;
  /** Digest and length of the whole file, read again only if nobody has read to its end. */
  whole(): ReadBytes;
}

/** The file at an absolute path. */
export function evidenceFile(path: string): EvidenceFile {
  let known: ReadBytes | null = null;
  const pieces = function* (): Generator<Uint8Array> {
    const hash = createHash("sha256");
    let bytes = 0;
    for (const piece of piecesOf(path)) {
      hash.update(piece);
      bytes += piece.length;
      yield piece;
    }
    known = { sha256: hash.digest("hex"), bytes };
  };
  return {
    async *open() {
      yield* pieces();
    },
    head(length) {
      for (const piece of piecesOf(path, length)) return piece;
      return new Uint8Array();
    },
    whole() {
      if (known === null) for (const _ of pieces());
      return known ?? { sha256: "", bytes: 0 };
    },
  };
}

function* piecesOf(path: string, size = pieceBytes): Generator<Uint8Array> {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new TypeError("it is no plain file");
    for (;;) {
      // Because a reader may hold on to a piece, each has memory of its own.
      const piece = Buffer.allocUnsafeSlow(Math.min(size, Math.max(stat.size + 1, 4_096)));
      const length = readSync(descriptor, piece, 0, piece.length, null);
      if (length === 0) return;
      yield piece.subarray(0, length);
    }
  } finally {
    closeSync(descriptor);
  }
}
