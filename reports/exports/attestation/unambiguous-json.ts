import type { Json } from "../../../pipelines/dsl/json.ts";

/**
 * Parses JSON that every parser must read alike: a SyntaxError also where an object names a key twice (RFC 8259 leaves
 * open which one counts, so two readers could see two documents), and where the text begins with a byte order mark.
 */
export function parseUnambiguous(text: string): Json {
  const parsed: Json = JSON.parse(text);
  const open: (Set<string> | null)[] = [];
  // Because the text is known to be JSON, its tokens alone tell which strings are keys.
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"(?:\s*:)?|[{}[\]]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(null);
    else if (token === "}" || token === "]") open.pop();
    else if (token.endsWith(":")) learn(open.at(-1) ?? null, String(JSON.parse(token.slice(0, -1))));
  }
  return parsed;
}

function learn(keys: Set<string> | null, key: string): void {
  if (keys?.has(key) === true) throw new SyntaxError(`the key ${JSON.stringify(key)} stands twice in one object`);
  keys?.add(key);
}
