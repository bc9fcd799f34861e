import { closeSync, lstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { TextKeeper } from "./formats/result-file.ts";

/** The folder beside a report that holds the texts which were too long to be shown. */
export const keptFolder = "kept";

/** Where long texts are kept beside a report. */
export interface KeptTexts {
  keep(name: string): TextKeeper | null;
  clean(text: string): string;
}

/** Keeps nothing: for verdicts that no report is made of. */
export const nothingKept: KeptTexts = { keep: () => null, clean: (text) => text };

/** Characters that are cleaned and written at once: a block ends where nothing that is removed reaches across. */
const blockLength = 262_144;
const aroundCut = 16_384;

/** Characters that may wait for such an end: a text that has none is not kept. */
const mostPending = 32 * blockLength;

/**
 * Keeps texts as files `kept/0001-what-it-is.txt` of a folder, free of secrets: of what `clean` would remove from the
 * whole text nothing is written, unless it is longer than 16 KiB. A file has its name only once it is whole. Texts of the
 * same results get the same names again.
 */
export function keptTexts(folder: string, clean: (text: string) => string): KeptTexts {
  let number = 0;
  return {
    clean,
    keep(name) {
      number += 1;
      return fileKeeper(folder, `${String(number).padStart(4, "0")}-${safeName(name)}.txt`, clean);
    },
  };
}

function safeName(name: string): string {
  const safe = name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return safe.slice(0, 60).replace(/^-|-$/g, "") || "text";
}

/** An open file whose text is cleaned block by block. */
interface OpenText {
  readonly descriptor: number;
  readonly temporary: string;
  pending: string;
  bytes: number;
}

function fileKeeper(folder: string, name: string, clean: (text: string) => string): TextKeeper | null {
  let open = opened(folder, name);
  if (open === null) return null;
  const path = `${keptFolder}/${name}`;
  const write = (text: string, last: boolean): void => {
    if (open === null) return;
    open.pending += text;
    if (open.pending.length < blockLength && !last) return;
    const cut = last ? open.pending.length : cutOf(open.pending, clean);
    const done = cut > 0 || last ? written(open, clean(open.pending.slice(0, cut))) : open.pending.length < mostPending;
    if (done) open.pending = open.pending.slice(cut);
    else open = discarded(open);
  };
  return {
    write: (text) => write(text, false),
    close() {
      write("", true);
      if (open === null) return null;
      const { bytes, temporary } = open;
      closeSync(open.descriptor);
      open = null;
      return renamed(temporary, join(folder, path)) ? { path, bytes } : null;
    },
    drop() {
      if (open === null) rmSync(join(folder, path), { force: true });
      else open = discarded(open);
    },
  };
}

function opened(folder: string, name: string): OpenText | null {
  try {
    const kept = join(folder, keptFolder);
    mkdirSync(kept, { recursive: true });
    // Because a link in its place would lead out of the report's folder.
    if (!lstatSync(kept).isDirectory()) return null;
    const temporary = join(kept, `.${name}.partial`);
    rmSync(temporary, { force: true });
    return { descriptor: openSync(temporary, "wx"), temporary, pending: "", bytes: 0 };
  } catch {
    return null;
  }
}

/** Because of a full disk a text is lost, never the report. */
function written(open: OpenText, text: string): boolean {
  const bytes = Buffer.from(text);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(open.descriptor, bytes, at);
    open.bytes += bytes.length;
    return true;
  } catch {
    return false;
  }
}

function renamed(temporary: string, path: string): boolean {
  try {
    renameSync(temporary, path);
    return true;
  } catch {
    rmSync(temporary, { force: true });
    return false;
  }
}

function discarded(open: OpenText): null {
  closeSync(open.descriptor);
  rmSync(open.temporary, { force: true });
  return null;
}

/** An end of a line or of a character across which `clean` removes nothing; 0 where none is found. */
function cutOf(text: string, clean: (text: string) => string): number {
  for (let tries = 0; tries < 64; tries += 1) {
    const latest = text.length - aroundCut - tries * 997;
    const cut = tries % 2 === 0 ? lineBefore(text, latest) : characterBefore(text, latest);
    const before = text.slice(Math.max(cut - aroundCut, 0), cut);
    const after = text.slice(cut, cut + aroundCut);
    if (clean(before) + clean(after) === clean(before + after)) return cut;
  }
  return 0;
}

function lineBefore(text: string, at: number): number {
  const line = text.lastIndexOf("\n", at - 1) + 1;
  return line > at - aroundCut ? line : characterBefore(text, at);
}

function characterBefore(text: string, at: number): number {
  return isLowSurrogate(text.charCodeAt(at)) ? at - 1 : at;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
