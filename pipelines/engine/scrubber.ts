/** Shortest secret that can be guarded: a shorter one would blank out ordinary words and digests. */
export const shortestSecret = 4;

/** Removes the texts of known secrets, also in their base64, URL, JSON and hexadecimal forms. */
export interface Scrubber {
  /** From now on this text is removed; each long line of it as well. */
  learn(name: string, text: string): void;
  clean(text: string): string;
}

/** A scrubber that knows nothing yet. `also` runs over every text after it. */
export function scrubber(also: (text: string) => string = (text) => text): Scrubber {
  const known = new Map<string, string>();
  let pattern: RegExp | null = null;
  const clean = (text: string): string => {
    const safe = pattern === null ? text : text.replace(pattern, (found) => `[secret ${known.get(found) ?? ""}]`);
    return also(safe);
  };
  return {
    learn(name, text) {
      const lines = text.split(/\r?\n/).filter((line) => line.trim().length >= 8);
      for (const form of [text, text.trim(), ...lines].flatMap(forms)) known.set(form, name);
      const longestFirst = [...known.keys()].sort((left, right) => right.length - left.length);
      pattern = longestFirst.length === 0 ? null : new RegExp(longestFirst.map(literal).join("|"), "g");
    },
    clean,
  };
}

function forms(text: string): readonly string[] {
  if (text.length < shortestSecret) return [];
  const json = JSON.stringify(text).slice(1, -1);
  const encoded = encodeURIComponent(text.toWellFormed());
  const url = [encoded, encoded.replaceAll("%20", "+"), encodeURI(text.toWellFormed())];
  const hex = Buffer.from(text).toString("hex");
  const all = [text, json, JSON.stringify(json).slice(1, -1), ...url, hex, hex.toUpperCase(), ...base64Forms(text)];
  return [...new Set(all)].filter((form) => form.length >= shortestSecret);
}

/** The characters of base64 that depend on the secret alone, for each of the three places it may start at. */
function base64Forms(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString("base64")
      .replaceAll("=", "");
    const whole = Math.floor(((offset + bytes.length) * 8) / 6);
    const core = encoded.slice(Math.ceil((offset * 8) / 6), whole);
    // Because a short core is found by chance in ordinary text.
    return core.length < 6 ? [] : [core, core.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
