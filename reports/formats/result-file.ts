import type { ReadResults } from "../results.ts";

/** One result file, wherever its bytes lie. A reader may open it more than once. */
export interface ResultFile {
  /** Named in diagnostics: relative to the folder of the run or of the results. */
  readonly path: string;
  /** The bytes from the beginning, in pieces. */
  open(): AsyncIterable<Uint8Array>;
  /**
   * Begins a file beside the report for a text that is too long to show: only what is closed is kept. Null where nothing
   * can be kept. `name` says in a few words what the text is; it need not be safe, nor unique.
   */
  keep(name: string): TextKeeper | null;
  /** Takes secrets out of a text. What is shown is cleaned later once more; a text that is cut must be cleaned before. */
  clean(text: string): string;
}

/** Takes a text piece by piece, of any size and cut anywhere. Never throws. */
export interface TextKeeper {
  write(text: string): void;
  /** Ends the file; its path is relative to the folder of the report. Null where it could not be written whole. */
  close(): { readonly path: string; readonly bytes: number } | null;
  /** Removes what was written, also once it is closed. */
  drop(): void;
}

/** Reads one file in bounded memory. Never throws for what stands in it: what cannot be read is damaged evidence. */
export type ResultReader = (file: ResultFile) => Promise<ReadResults>;
