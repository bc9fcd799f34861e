import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";

const graphemes = new Intl.Segmenter();
const plain = /^[\x20-\x7e]*$/;

/** Columns that a text takes in a terminal: wide characters two, combining marks and colour codes none. */
export function widthOf(text: string): number {
  return plain.test(text) ? text.length : stringWidth(text);
}

/**
 * One terminal line: no control characters, cut to this many columns with an ellipsis. `##vso[` and its like, which some
 * CIs obey wherever they stand in a line, are broken as `# #vso[`.
 */
export function clip(text: string, width: number): string {
  const clean = oneLine(text);
  if (widthOf(clean) <= width) return clean;
  if (plain.test(clean)) return `${clean.slice(0, Math.max(0, width - 1))}…`;
  let kept = "";
  let left = width - 1;
  for (const { segment } of graphemes.segment(clean)) {
    left -= widthOf(segment);
    if (left < 0) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** The text clipped, or filled up with spaces, to exactly this many columns. */
export function padded(text: string, width: number): string {
  const clipped = clip(text, width);
  return clipped + " ".repeat(Math.max(0, width - widthOf(clipped)));
}

function oneLine(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u{202a}-\u{202e}\u{2066}-\u{2069}]/gu, " ")
    .replaceAll(/#(?=#[\w[])/g, "# ");
}
