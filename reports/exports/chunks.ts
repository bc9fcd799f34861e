const enough = 65_536;

/** Joins small texts to pieces of about 64 Ki characters, so that a file of many short lines takes few writes. */
export function* chunks(texts: Iterable<string>): Generator<string> {
  let held: string[] = [];
  let length = 0;
  for (const text of texts) {
    held.push(text);
    length += text.length;
    if (length < enough) continue;
    yield held.join("");
    held = [];
    length = 0;
  }
  if (held.length > 0) yield held.join("");
}
