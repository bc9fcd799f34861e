import type { ReadResults } from "../results.ts";

/** One result file, wherever its bytes lie. A reader may open it more than once. */
export interface ResultFile {
  /** Named in diagnostics: relative to the folder of the run or of the results. */
  readonly path: string;
  /** The bytes from the beginning, in pieces. */
  open(): AsyncIterable<Uint8Array>;
  /** Begins a file beside the report for a text that may be too long to show: only what is closed is kept. */
  keep(name: string): TextKeeper;
}

/** Takes a text piece by piece. */
export interface TextKeeper {
  write(text: string): void;
  /** Ends the file; its path is relative to the folder of the report. */
  close(): Promise<{ readonly path: string; readonly bytes: number }>;
  /** Removes what was written. */
  drop(): Promise<void>;
}

/** Reads one file in bounded memory. Never throws for what stands in it: what cannot be read is damaged evidence. */
export type ResultReader = (file: ResultFile) => Promise<ReadResults>;
