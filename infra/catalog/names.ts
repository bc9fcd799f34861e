import { distance } from "fastest-levenshtein";

/** The names that a word was most probably meant to be, the likeliest first, at most three. */
export function nearestNames(word: string, names: readonly string[]): readonly string[] {
  const wanted = word.toLowerCase();
  const allowed = Math.max(1, Math.floor(word.length / 3));
  return [...new Set(names)]
    .map((name) => ({ name, letters: distance(wanted, name.toLowerCase()) }))
    .filter(({ letters }) => letters <= allowed)
    .toSorted((left, right) => left.letters - right.letters)
    .slice(0, 3)
    .map(({ name }) => name);
}
