import type { SuiteVerdict } from "./judgement.ts";

/** Where tests that failed somewhere were run. */
export interface PassedIndex {
  /** Nodes, other than these, in one suite of which every one of these tests ran and none did anything but pass. */
  nodesThatPassed(tests: readonly string[], nodes: readonly string[]): readonly string[];
}

/** Names a test inside its suite. */
export function testKey({ class: group, name }: { readonly class: string; readonly name: string }): string {
  return JSON.stringify([group, name]);
}

/**
 * The index of some suites, of those tests only that failed in one of them: every suite is read once, however many causes
 * ask for it.
 */
export function passedIndex(
  suites: readonly SuiteVerdict[],
  failed: readonly { readonly class: string; readonly name: string }[],
): PassedIndex {
  const runs = new Map<string, Map<SuiteVerdict, boolean>>(failed.map((test) => [testKey(test), new Map()]));
  const names = new Set(failed.map((test) => test.name));
  for (const suite of suites) {
    for (const test of suite.result?.tests ?? []) {
      // Because most tests fail nowhere, the key is made only where the name alone does not tell.
      const own = names.has(test.name) ? runs.get(testKey(test)) : undefined;
      own?.set(suite, (own.get(suite) ?? true) && test.status === "passed");
    }
  }
  return {
    nodesThatPassed(tests, nodes) {
      const [first = "", ...others] = tests;
      const hit = new Set(nodes);
      const found = [...(runs.get(first) ?? [])].flatMap(([suite, green]) =>
        green && !hit.has(suite.node) && others.every((test) => runs.get(test)?.get(suite) === true)
          ? [suite.node]
          : [],
      );
      return [...new Set(found)];
    },
  };
}
