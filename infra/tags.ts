import type { Owner } from "../pipelines/dsl/context.ts";

/** What every machine, disk and process of ours carries, so that it is found without our memory. All text. */
export interface Tags {
  readonly "managed-by": "edgecert";
  readonly run: string;
  readonly node: string;
  readonly attempt: string;
  /** The fencing token in decimal. */
  readonly owner: string;
  /** UTC, ISO 8601. */
  readonly "expires-at": string;
}

/** The tags of what an owner creates: the only place where they are written. */
export function tagsOf(owner: Owner): Tags {
  return {
    "managed-by": "edgecert",
    run: owner.run,
    node: owner.node,
    attempt: String(owner.attempt),
    owner: String(owner.token),
    "expires-at": owner.expiresAt,
  };
}

const prefix = "edgecert:";

/** Tags as one word for a command line, such as `edgecert:run=r1;node=servers%40debian-12`: no comma, no blank. */
export function encodeTags(tags: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(tags).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  return prefix + pairs.join(";");
}

/** What {@link encodeTags} wrote, or undefined for text that is not of ours. */
export function decodeTags(text: string): ReadonlyMap<string, string> | undefined {
  if (!text.startsWith(prefix)) return undefined;
  const tags = new Map<string, string>();
  for (const pair of text.slice(prefix.length).split(";")) {
    const [key, value] = pair.split("=", 2);
    if (key === undefined || value === undefined) return undefined;
    try {
      tags.set(key, decodeURIComponent(value));
    } catch {
      return undefined;
    }
  }
  return tags;
}
