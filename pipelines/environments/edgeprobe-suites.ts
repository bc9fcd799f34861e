import type { Environment, Suite } from "./environment.ts";

/**
 * The suites of edgeprobe, all run on the front-end: its library, the system as a whole, the compiled tests of the exporter
 * and, where there is Java, those of the client. Compiled tests come with the packages: nothing is built there.
 */
export function edgeprobeSuites(of: Pick<Environment, "guestMachine"> & { readonly java: boolean }): readonly Suite[] {
  const suites: readonly Omit<Suite, "role">[] = [
    {
      name: "library",
      format: "unittest",
      command:
        'python3 "$EDGECERT_RUNNERS/edgecert_unittest.py" --output "$EDGECERT_RESULTS/unittest.jsonl" -s tests/unit',
      env: { PYTHONDONTWRITEBYTECODE: "1" },
      only: '--only "$EDGECERT_ONLY_TEST"',
      results: "unittest.jsonl",
      timeoutMs: 10 * 60_000,
    },
    {
      name: "system",
      format: "rspec-lines",
      command:
        "rspec tests/system --order defined --format documentation " +
        '--require "$EDGECERT_RUNNERS/edgecert_rspec.rb" --format EdgecertRspec --out "$EDGECERT_RESULTS/rspec.jsonl"',
      env: { EDGEPROBE_NODE: "node1", EDGEPROBE_MACHINE: of.guestMachine, LANG: "C.UTF-8" },
      only: '--example-matches "$EDGECERT_ONLY_TEST"',
      results: "rspec.jsonl",
      timeoutMs: 20 * 60_000,
    },
    {
      name: "exporter",
      format: "go-test-json",
      command: 'edgeprobe-exporter-tests "$EDGECERT_RESULTS/go.jsonl" -test.benchtime 10x',
      env: {},
      only: '-test.run "$EDGECERT_ONLY_TEST"',
      results: "go.jsonl",
      timeoutMs: 10 * 60_000,
    },
    {
      name: "client",
      format: "junit-xml",
      command: 'edgeprobe-client-tests "$EDGECERT_RESULTS"',
      env: {},
      only: '"$EDGECERT_ONLY_TEST"',
      results: "TEST-junit-jupiter.xml",
      timeoutMs: 10 * 60_000,
    },
  ];
  return suites.filter(({ name }) => of.java || name !== "client").map((suite) => ({ ...suite, role: "frontend" }));
}
