import type { Environment } from "./environment.ts";

/** What the quickstart can be made to show: each kind of verdict, by something that really goes wrong. */
export const demonstrations = ["nothing", "failure", "flaky", "inconclusive", "not-run"] as const;

export type Demonstration = (typeof demonstrations)[number];

/** Environment variables of the build: `failure` makes an agent that miscounts memory. */
export function demonstratingBuild(what: Demonstration): Readonly<Record<string, string>> {
  return { EDGEPROBE_MEMINFO_UNIT: what === "failure" ? "1000" : "1024" };
}

/**
 * The environment where that goes wrong: `flaky` restarts the collector under a test, `inconclusive` kills the suite in its
 * middle, and `not-run` asks for more memory than the node has, which is proved before any suite.
 */
export function demonstrating(
  environment: Environment,
  { demonstrate: what }: { readonly demonstrate: Demonstration },
): Environment {
  if (what === "flaky" || what === "inconclusive") {
    const suites = environment.suites.map((suite) => ({
      ...suite,
      env: { ...suite.env, EDGEPROBE_DEMONSTRATE: what },
    }));
    return { ...environment, suites };
  }
  if (what !== "not-run") return environment;
  const command = "awk '/^MemTotal/ { exit $2 < 100 * 1048576 }' /proc/meminfo";
  const proof = { title: "the node has memory for a hundred guests of 1 GiB", role: "node", command };
  return { ...environment, proofs: [...environment.proofs, proof] };
}
