import { stripVTControlCharacters, styleText } from "node:util";
import type { NodeProgress } from "./progress.ts";

type Style = Parameters<typeof styleText>[0];

/** Colours a text for this stream: not where it is no terminal, nor where `NO_COLOR` is set. */
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

/**
 * One terminal line: no control characters, cut to the width with an ellipsis. `##vso[` and its like, which some CIs obey
 * wherever they stand in a line, are broken as `# #vso[`.
 */
export function clip(text: string, width: number): string {
  const clean = stripVTControlCharacters(text)
    .replaceAll(/\p{Cc}/gu, " ")
    .replaceAll(/#(?=#[\w[])/g, "# ");
  return clean.length <= width ? clean : `${clean.slice(0, Math.max(0, width - 1))}…`;
}

/** The word and colour of each state, the same in every view. */
export const states: Readonly<Record<NodeProgress["state"], { readonly mark: string; readonly style: Style }>> = {
  pending: { mark: "·", style: "dim" },
  waiting: { mark: "…", style: "dim" },
  running: { mark: "▸", style: "cyan" },
  retrying: { mark: "↻", style: "yellow" },
  passed: { mark: "✓", style: "green" },
  failed: { mark: "✗", style: "red" },
  leaked: { mark: "!", style: "red" },
  skipped: { mark: "–", style: "dim" },
  cancelled: { mark: "■", style: "yellow" },
};
