const esc = String.fromCharCode(27);
const bell = String.fromCharCode(7);
const csi = String.fromCharCode(0x9b);

/** ECMA-48: CSI sequences, OSC and other strings with their terminators, two-character escapes. */
const sequences = new RegExp(
  [
    `(?:${esc}\\[|${csi})[0-?]*[ -/]*[@-~]`,
    `${esc}\\][^${esc}${bell}]*(?:${bell}|${esc}\\\\)?`,
    `${esc}[PX^_][^${esc}]*(?:${esc}\\\\)?`,
    `${esc}[ -/]*[0-~]?`,
  ].join("|"),
  "g",
);

/** Longest line that is kept, in characters. */
const longestLine = 4096;

/** One line without escape sequences, control characters and bidirectional overrides; tabs stay. */
export function neutralLine(line: string): string {
  return strip(line.replace(/[\r\n]+/g, " "));
}

/** A line of at most 4096 characters, and how many more there were. */
export function cutLine(line: string): string {
  if (line.length <= longestLine) return line;
  return `${line.slice(0, longestLine).toWellFormed()} [${line.length - longestLine} more characters]`;
}

/** Text of several lines without escape sequences and control characters; tabs and line feeds stay. */
export function neutralText(text: string): string {
  return strip(text.replace(/\r\n?/g, "\n"));
}

function strip(text: string): string {
  // Because nearly all text is plain: one look is cheaper than four replacements.
  if (!/[^\P{Cc}\t\n]|[\u202a-\u202e\u2066-\u2069]|\p{Cs}/u.test(text)) return text;
  return text
    .replace(sequences, "")
    .replace(/[^\P{Cc}\t\n]/gu, "")
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, "")
    .toWellFormed();
}
