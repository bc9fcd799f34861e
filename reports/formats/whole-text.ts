import type { ReadResults } from "../results.ts";
import { decoded } from "./decoding.ts";
import type { ResultFile, ResultReader } from "./result-file.ts";

/** Characters of a file that is read as one text; a longer one is damaged evidence. */
const mostCharacters = 64 * 1024 * 1024;

/** A reader of a format that can only be read whole. */
export function wholeTextReader(framework: string, read: (text: string) => ReadResults): ResultReader {
  return async (file) => {
    const text = await wholeText(file);
    if (text !== null) return read(text);
    const damaged = `The file is too large to be read: it has more than ${mostCharacters} characters.`;
    return { framework, tests: [], damaged, remarks: [] };
  };
}

async function wholeText(file: ResultFile): Promise<string | null> {
  const pieces: string[] = [];
  let length = 0;
  for await (const { text } of decoded(file)) {
    pieces.push(text);
    length += text.length;
    if (length > mostCharacters) return null;
  }
  return pieces.join("");
}
