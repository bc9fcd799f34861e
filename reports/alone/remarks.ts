import type { Remark } from "../certificate-document.ts";
import { listed, plural } from "../wording.ts";

/** Paths that a remark names before it counts the others. */
const namedAtMost = 5;

/** What lies in the folder and says nothing: named, so that nobody has to guess whether it was read. */
export function passedOverRemarks(of: {
  readonly links: readonly string[];
  readonly others: readonly string[];
}): readonly Remark[] {
  const remark = (paths: readonly string[], what: string): readonly Remark[] =>
    paths.length === 0
      ? []
      : [{ what: "Passed over", where: "the results", detail: `${named(paths)}: ${what}.`, effect: "none" }];
  return [
    ...remark(of.others, of.others.length === 1 ? "it holds no results" : "they hold no results"),
    ...remark(of.links, "left out by name, or a link to what is read at its own place"),
  ];
}

/** Some paths, and how many more there are. */
export function named(paths: readonly string[]): string {
  const more = paths.length - namedAtMost;
  return listed([...paths.slice(0, namedAtMost), ...(more > 0 ? [`${plural(more, "other")}`] : [])]);
}
