import type { Owner } from "../../pipelines/dsl/context.ts";
import { InfraError } from "../failure.ts";
import { type Tags, tagsOf } from "../tags.ts";
import { invalidTags } from "./failures.ts";

/** EC2's limits, the narrowest of our providers: 256 characters out of letters, digits, spaces and _ . : / = + - @ */
export const tagValue = /^[\p{L}\p{N} _.:/=+\-@]{1,256}$/u;
/** UTC, ISO 8601, to the second or as far as the millisecond. */
export const utcTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z$/;

/** The tags of an owner. Throws an {@link InfraError} `invalid-tag` that names every value no cloud would keep. */
export function cloudTags(owner: Owner): Tags {
  const tags = tagsOf(owner);
  const problems = Object.entries(tags)
    .filter(([, value]) => !tagValue.test(value))
    .map(([name, value]) => `${name} ${JSON.stringify(value)} is not a tag value`);
  const { expiresAt } = owner;
  if (!utcTime.test(expiresAt) || Number.isNaN(Date.parse(expiresAt)))
    problems.push(`expires-at ${JSON.stringify(expiresAt)} is not a time in UTC`);
  if (problems.length > 0) throw new InfraError(invalidTags(problems));
  return tags;
}

/** The same tags for a provider whose tags are plain words: `run=...`, `node=...`. */
export function tagWords(tags: Tags): string[] {
  return Object.entries(tags).map(([name, value]) => `${name}=${value}`);
}

/** The same tags and the name that the provider's console shows. */
export function withName(tags: Tags, name: string) {
  return { ...tags, Name: name };
}
