/** Longest name of a stage, an axis or a value, in characters: a node id of four of them still fits a tag. */
export const longestName = 40;

const name = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const value = /^[a-z0-9]+([.-][a-z0-9]+)*$/;
const label = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;

/** Whether a text may name a pipeline, a stage, an axis, a source: `[a-z][a-z0-9]*(-[a-z0-9]+)*`, 40 at most. */
export function isName(text: string): boolean {
  return text.length <= longestName && name.test(text);
}

/** Whether a text may be a value of an axis: `[a-z0-9]+([.-][a-z0-9]+)*`, 40 at most. */
export function isValue(text: string): boolean {
  return text.length <= longestName && value.test(text);
}

/** Whether a text may name a server: a DNS label in lower case that starts with a letter, 40 at most. */
export function isServerName(text: string): boolean {
  return text.length <= longestName && label.test(text);
}

/** The id of a node: `stage@a/b`, or `stage` where it has no axes. */
export function nodeId(stage: string, values: readonly string[]): string {
  return values.length === 0 ? stage : `${stage}@${values.join("/")}`;
}

/**
 * The file name of a node id: `/` becomes `+` and `:` becomes `.`. No two ids share one: names hold neither `+` nor
 * `.`, and a `.` inside a value comes after the `@`. Throws for what is no node id.
 */
export function folderName(id: string): string {
  if (!/^(undo:)?[a-z][a-z0-9-]*(@[a-z0-9.-]+(\/[a-z0-9.-]+)*)?$/.test(id) || id.includes("..")) {
    throw new TypeError(`${JSON.stringify(id)} is not a node id`);
  }
  return id.replaceAll("/", "+").replace(":", ".");
}
