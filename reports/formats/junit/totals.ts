import type { Attributes } from "./xml-events.ts";

/** What was found in a suite: tests, and failures and errors, of which one test may have several. */
export interface Counts {
  tests: number;
  red: number;
}

/** Nothing yet. */
export function noCounts(): Counts {
  return { tests: 0, red: 0 };
}

/** Adds the second to the first. */
export function addCounts(to: Counts, more: Counts): void {
  to.tests += more.tests;
  to.red += more.red;
}

/**
 * Whether the totals that a suite claims can be believed. A suite that claims more tests, or more failures, than stand in
 * it hides some: damage. Any other difference is a remark, for many writers count wrong (pytest#3850), and Surefire counts
 * only the last run of its reruns: what counts is what stands there. pytest counts each sub-test that passed as a test and
 * writes none of them; as it writes its file at once, nothing hides behind that. Both are the end of a sentence that begins
 * with the suite's name.
 */
export function disagreementOf(
  attributes: Attributes,
  { own, all, isPytest }: { readonly own: Counts; readonly all: Counts; readonly isPytest: boolean },
): { readonly damage: string | null; readonly remark: string | null } {
  const tests = claimed(attributes.tests);
  const failures = claimed(attributes.failures);
  const errors = claimed(attributes.errors);
  const red = failures === null && errors === null ? null : (failures ?? 0) + (errors ?? 0);
  const saysTests = `says that it has ${tests} tests: ${all.tests} are there.`;
  const saysRed = `says that it has ${red} failures and errors: ${all.red} are there.`;
  if (tests !== null && tests > all.tests && !isPytest) return { damage: saysTests, remark: null };
  if (red !== null && red > all.red) return { damage: saysRed, remark: null };
  if (tests !== null && tests !== own.tests && tests !== all.tests) return { damage: null, remark: saysTests };
  if (red !== null && red !== own.red && red !== all.red) return { damage: null, remark: saysRed };
  return { damage: null, remark: null };
}

function claimed(text: string | undefined): number | null {
  return text !== undefined && /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : null;
}
