import type { FailedTest } from "./certificate-document.ts";

/** Characters of a message that say what a failure is about. */
const signatureLength = 400;

/** What differs from one failure of a cause to the next, in the order in which it is taken out. */
const varying: readonly (readonly [RegExp, string])[] = [
  [/(?:\/private)?\/(?:var\/)?(?:tmp|folders)\/[^\s'"`),;:]+/g, "/tmp/#"],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "#"],
  [/\b[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){2,7}\b/g, "#"],
  [/0x[0-9a-f]+|\b(?=[0-9a-f]*[0-9])[0-9a-f]{7,}\b|\b[0-9a-f]{8,}\b/g, "#"],
  [/\b[0-9]{4}-[0-9]{2}-[0-9]{2}t[0-9:.]+(?:z|[+-][0-9:]+)?/g, "#"],
  [/\d+(?:[.,:]\d+)*/g, "#"],
  [/\s+/g, " "],
];

const empty =
  /^(expected|got|compared|using|to|be|truthy|falsey|true|false|nil|none|not|is|equal|eql|assertionerror|#|\W)*$/;

/**
 * What failures of one cause have in common: the suite and the message without its numbers, addresses, times, ids and
 * names of temporary files. A message of nothing but the words of an assertion is shared only by the same test.
 */
export function causeSignature(test: Pick<FailedTest, "suite" | "class" | "name" | keyof Words>): string {
  let plain = whatWentWrong(test).slice(0, 2_000).toLowerCase();
  for (const [what, instead] of varying) plain = plain.replace(what, instead);
  plain = plain.trim();
  const words = plain.replace(/[^a-z#]+/g, "");
  const own = empty.test(words) || empty.test(plain) ? [test.class, test.name] : [];
  return JSON.stringify([test.suite, plain.slice(0, signatureLength), ...own]);
}

type Words = Pick<FailedTest, "message" | "details" | "attempts">;

/** What a test says of its failure. One that passed in the end says it in its attempts only: the last one counts. */
export function whatWentWrong(test: Words): string {
  const texts = [test, ...(test.attempts ?? []).toReversed()].map((one) => one.message || one.details);
  return texts.find((text) => text !== "") ?? "";
}
