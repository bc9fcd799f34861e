/** Tags of a provider whose tags are plain words: `run=...`, `node=...`. Words of others are left out. */
export function tagMap(words: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    words.flatMap((word) => {
      const equals = word.indexOf("=");
      return equals === -1 ? [] : [[word.slice(0, equals), word.slice(equals + 1)] as const];
    }),
  );
}
