import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeInput } from "./reports/input.ts";
import { allureCounted, ourReporter, peers, type Reporter } from "./reports/peers.ts";

/** Sizes with the aims for our own command; peers take minutes and gigabytes for the largest, which is ours alone. */
const sizes = [
  { cells: 2, testsPerCell: 5_000, rounds: 5, peers: true, aim: { seconds: 1.2, megabytes: 150, page: 2 } },
  { cells: 10, testsPerCell: 5_000, rounds: 3, peers: true, aim: { seconds: 4, megabytes: 250, page: 5 } },
  { cells: 60, testsPerCell: 5_000, rounds: 3, peers: false, aim: { seconds: 30, megabytes: 600, page: null } },
] as const;

/**
 * `edgecert report --results` beside Allure 3 and xunit-viewer: the same JUnit files, one in twenty tests failing with a
 * trace of 20 lines, turn by turn in one run. Prints medians of the whole process (time, peak of memory, page), and
 * what is counted where two servers ran the same tests.
 */
export async function benchReports(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "edgecert-bench-reports-"));
  try {
    const ours = ourReporter(folder);
    const others = peers(join(folder, "peers"));
    for (const size of sizes) await benchSize(size, { folder, ours, others: size.peers ? others : [] });
    await countServers(folder, ours, others);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Size = (typeof sizes)[number];

interface Field {
  readonly folder: string;
  readonly ours: Reporter;
  readonly others: readonly Reporter[];
}

async function benchSize(size: Size, { folder, ours, others }: Field): Promise<void> {
  const { cells, testsPerCell, rounds, aim } = size;
  const input = join(folder, `results-${cells}`);
  const { tests, failed } = writeInput(input, { cells, testsPerCell, oneFailsOf: 20, names: "own" });
  const taken = new Map([ours, ...others].map((one) => [one, [] as Taken[]]));
  // Because the first start of ours fills the cache of its compiled modules, as the first command of a person does.
  await ours.report(input);
  for (let round = 0; round < rounds; round += 1) {
    for (const [reporter, list] of taken) list.push(await reporter.report(input));
  }
  console.log(`${tests} tests of ${cells} cells, ${failed} failing, medians of ${rounds}:`);
  const own = medians(taken.get(ours) ?? []);
  for (const [{ name }, list] of taken) {
    const { seconds, megabytes, page } = medians(list);
    const ratio =
      name === ours.name
        ? `aim ${aim.seconds} s, ${aim.megabytes} MB${aim.page === null ? "" : `, ${aim.page} MB`}`
        : `ours ${(seconds / own.seconds).toFixed(1)}x quicker, ${(megabytes / own.megabytes).toFixed(1)}x less memory, page ${(page / own.page).toFixed(1)}x smaller`;
    console.log(
      `  ${name.padEnd(20)} ${seconds.toFixed(2)} s, ${megabytes.toFixed(0)} MB, page ${page.toFixed(2)} MB (${ratio})`,
    );
  }
}

type Taken = Awaited<ReturnType<Reporter["report"]>>;

function medians(taken: readonly Taken[]) {
  const median = (pick: (one: Taken) => number) =>
    taken.map(pick).sort((left, right) => left - right)[Math.floor(taken.length / 2)] ?? 0;
  return {
    seconds: median((one) => one.seconds),
    megabytes: median((one) => one.peakBytes) / 1e6,
    page: median((one) => one.pageBytes) / 1e6,
  };
}

/** Because a report that merges servers is quick for the wrong reason. */
async function countServers(folder: string, ours: Reporter, others: readonly Reporter[]): Promise<void> {
  const input = join(folder, "servers");
  const { tests, failed } = writeInput(input, { cells: 2, testsPerCell: 100, oneFailsOf: 20, names: "same" });
  const told: { counts: { tests: number; failed: number } } = JSON.parse((await ours.report(input)).stdout);
  await others.find(({ name }) => name.startsWith("Allure"))?.report(input);
  const allure = allureCounted(join(folder, "peers"));
  console.log(
    `two servers, the same 100 tests: ${tests} results, ${failed} failed. edgecert counts ${told.counts.tests} with ${told.counts.failed} failed, Allure ${allure.total} with ${allure.failed} failed`,
  );
}
