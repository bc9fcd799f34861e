/**
 * A text from outside as a reader may safely see it: colours of a terminal are dropped; every other control character,
 * every character that turns the direction of writing and every invisible one is shown by a sign or its number.
 */
export function visibleText(text: string): string {
  return text
    .toWellFormed()
    .replace(colours, "")
    .replace(/\r\n/g, "\n")
    .replace(controls, (character) => String.fromCodePoint(0x2400 + character.charCodeAt(0)))
    .replace(hidden, (character) => `⟨U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}

// Because a pattern written with the characters themselves could not be read in this file.
const colours = /\u001b\[[0-9;:]*m/g;
const controls = /[\u0000-\u0008\u000b-\u001f]/g;
const hidden = /[\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/** A copy of plain JSON in which every text is {@link visibleText}. */
export function visible<Document>(document: Document): Document {
  return JSON.parse(JSON.stringify(document), (_key, value: unknown) =>
    typeof value === "string" ? visibleText(value) : value,
  );
}
