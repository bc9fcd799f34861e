import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pastCertificates } from "../../../pipelines/cli/past-certificates.ts";
import type { RunSummary } from "../../../pipelines/engine/engine.ts";
import { type SealedCertificate, writeCertificate } from "../../../reports/seal.ts";
import { judgedRun } from "../../fixtures/reports/judged.ts";
import { plan } from "../../fixtures/reports/plan.ts";
import { notRun } from "../../fixtures/reports/stories.ts";

let home = "";
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "edgecert-past-"));
});
afterEach(() => rm(home, { recursive: true }));

/** A sealed run of this home; the day orders them. */
async function sealed(day: number, told: Parameters<typeof judgedRun>[0] = {}): Promise<RunSummary> {
  const { certificate } = await judgedRun({ ...told, run: `run-${day}`, day });
  const { digest } = await writeCertificate(join(home, "runs", `run-${day}`), certificate);
  return summary(day, { digest, verdict: certificate.verdict });
}

function summary(day: number, seal: RunSummary["sealed"], pipeline = "quickstart"): RunSummary {
  const startedAt = new Date(Date.UTC(2026, 10, 21 + day)).toISOString();
  const rest = {
    definition: "/d.ts",
    params: {},
    state: "finished",
    outcome: "passed",
    leaked: 0,
    alive: false,
  } as const;
  return { run: `run-${day}`, pipeline, startedAt, sealed: seal, ...rest };
}

/** What a run of a day learns from these. */
async function past(day: number, runs: readonly RunSummary[]) {
  const newest = [...runs].sort((left, right) => right.startedAt.localeCompare(left.startedAt));
  const asked: unknown[] = [];
  const engine = {
    runs: async (choice: unknown) => {
      asked.push(choice);
      return newest;
    },
  };
  const told = await pastCertificates({ engine, home }, { ...summary(day, null), plan });
  expect(asked).toEqual([{ kind: "sealed" }]);
  return { ...told, from: new Set([...told.baselines.values()].map(({ run }) => run)) };
}

describe("earlier certificates", () => {
  it("are none for the first run", async () => {
    expect(await past(1, [])).toMatchObject({ pastRemarks: [], from: new Set() });
    expect(await past(1, [])).not.toHaveProperty("previous");
  });

  it("give the latest as the previous one, and the latest green suites as baselines", async () => {
    const runs = [await sealed(1), await sealed(2, { stories: notRun })];
    const { previous, baselines, from } = await past(3, runs);
    expect(previous?.certificate.run).toBe("run-2");
    expect(baselines.size).toBe(6);
    expect(from).toEqual(new Set(["run-1", "run-2"]));
  });

  it("are only those that started before the run, whatever was sealed first", async () => {
    const { previous, from } = await past(2, [await sealed(1), await sealed(3)]);
    expect(previous?.certificate.run).toBe("run-1");
    expect(from).toEqual(new Set(["run-1"]));
  });

  it("are refused where they were changed, and an older one takes their place", async () => {
    const runs = [await sealed(1), await sealed(2)];
    await appendFile(join(home, "runs", "run-2", "certificate.json"), " ");
    const { previous, pastRemarks, from } = await past(3, runs);
    expect(previous?.certificate.run).toBe("run-1");
    expect(from).toEqual(new Set(["run-1"]));
    expect(pastRemarks).toEqual([
      {
        what: "Baseline",
        where: "run-2",
        detail: expect.stringMatching(/^certificate\.json has the digest .*\.$/),
        effect: "nothing is compared with it",
      },
    ]);
  });

  it("are refused where one was put into the place of another", async () => {
    const [first, second] = [await sealed(1), await sealed(2)];
    const { certificate } = await judgedRun({ run: "run-2", stories: notRun });
    await writeCertificate(join(home, "runs", "run-2"), certificate);
    const { pastRemarks, from } = await past(3, [first, second]);
    expect(pastRemarks.map(({ where }) => where)).toEqual(["run-2"]);
    expect(from).toEqual(new Set(["run-1"]));
  });

  it("are missed where their folder is gone", async () => {
    const runs = [await sealed(1)];
    await rm(join(home, "runs", "run-1"), { recursive: true });
    const { pastRemarks, baselines } = await past(2, runs);
    expect(pastRemarks).toMatchObject([{ where: "run-1", detail: expect.stringContaining("ENOENT") }]);
    expect(baselines.size).toBe(0);
  });

  it("are not those of other pipelines, nor of the run itself", async () => {
    const own = await sealed(1);
    const other = { ...(await sealed(0)), pipeline: "another" };
    expect((await past(1, [own, other])).baselines.size).toBe(0);
  });

  it("of a run limited to some cells are compared with only where there is no other", async () => {
    const [left, ...cells] = plan.cells;
    const partial = { chosen: ["x"], cells: left === undefined ? [] : [left], stages: [] };
    const limited = await sealed(2, { plan: { cells, partial } });
    expect((await past(3, [await sealed(1), limited])).previous?.certificate.run).toBe("run-1");
    expect((await past(3, [limited])).previous?.certificate.run).toBe("run-2");
  });

  it("are read only as far back as something is missing", async () => {
    const gone = summary(1, { digest: "0", verdict: "passed" });
    const { pastRemarks, previous }: { pastRemarks: readonly unknown[]; previous?: SealedCertificate } = await past(3, [
      gone,
      await sealed(2),
    ]);
    expect(previous?.certificate.run).toBe("run-2");
    expect(pastRemarks).toEqual([]);
  });
});
