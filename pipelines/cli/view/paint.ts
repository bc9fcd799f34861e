import { styleText } from "node:util";
import type { NodeProgress } from "./progress.ts";

type Style = Parameters<typeof styleText>[0];

/** Colours a text for this stream: not where it is no terminal or a dumb one, nor where `NO_COLOR` is set. */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(style, text, { stream, validateStream: true });
}

/** A span of milliseconds as people read it: `8 s`, `3 m 05 s`, `1 h 02 m`. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const two = (value: number) => String(value).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} m`;
}

/** How a state is shown: a mark of a shape of its own, a word, and a colour that only repeats what those say. */
export interface StateLook {
  readonly mark: string;
  readonly word: string;
  readonly style: Style;
}

/**
 * The look of each state, the same in every view. Good is cyan and bad is red, never green beside red: the pairs stay
 * apart for eyes that lack one kind of cone (`paint.test.ts` measures it).
 */
export const states: Readonly<Record<NodeProgress["state"], StateLook>> = {
  pending: { mark: "·", word: "to come", style: "dim" },
  waiting: { mark: "…", word: "waiting", style: "dim" },
  running: { mark: "▸", word: "running", style: "bold" },
  retrying: { mark: "↻", word: "trying again", style: "bold" },
  passed: { mark: "✓", word: "passed", style: "cyan" },
  failed: { mark: "✗", word: "failed", style: "red" },
  leaked: { mark: "!", word: "leaked", style: "red" },
  skipped: { mark: "–", word: "skipped", style: "dim" },
  cancelled: { mark: "■", word: "cancelled", style: "dim" },
};
