const escapeSign = String.fromCodePoint(27);
const colours = new RegExp(`${escapeSign}\\[[0-9;:]*m`, "g");
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** What JSON escapes or leaves alone of the characters that are not shown as they are; line ends and tabs are. */
const suspect = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|\\[bfru]/u;

/** Because lines and tabs are layout, and joiners are part of some scripts and of emoji. */
const harmless: ReadonlySet<string> = new Set(["\n", "\t", "\u200c", "\u200d"]);

/**
 * A text from outside as a reader may safely see it: colours of a terminal are dropped; every other control character,
 * every character that turns the direction of writing and every invisible one is shown by its number.
 */
export function visibleText(text: string): string {
  const whole = text.toWellFormed();
  if (!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(whole)) return whole;
  return whole
    .replace(colours, "")
    .replaceAll("\r\n", "\n")
    .replace(unseen, (character) => (harmless.has(character) ? character : numbered(character)));
}

/** A copy of plain JSON in which every text is {@link visibleText}. */
export function visible<Document>(document: Document): Document {
  const text = JSON.stringify(document);
  // Because most documents hold nothing to make visible, and asking each text of a large one takes its time.
  if (!suspect.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value: unknown) => (typeof value === "string" ? visibleText(value) : value));
}

/** Because the pictures that Unicode has for control characters are missing from most fonts. */
function numbered(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}
