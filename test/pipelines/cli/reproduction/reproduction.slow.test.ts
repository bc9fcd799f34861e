import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Event } from "../../../../pipelines/dsl/event.ts";
import type { Certificate } from "../../../../reports/certificate-document.ts";
import { edgecert, processesWith, testHome } from "../../../certify-process.ts";

const definition = "test/fixtures/definitions/repeated.ts";
const cell = "debian-12";

beforeAll(() => {
  process.env.EDGECERT_PROVIDER = "simulator";
});
afterAll(() => {
  delete process.env.EDGECERT_PROVIDER;
});

async function done(...words: readonly string[]) {
  const process = edgecert(...words);
  const code = await process.ended;
  const lines = process.out.filter((line) => line.startsWith('{"v":'));
  const events = lines.map((line): Event => JSON.parse(line));
  return { code, err: process.err.join("\n"), events, run: events[0]?.run ?? "" };
}

function certificateOf(run: string): Certificate {
  return JSON.parse(readFileSync(join(testHome, "runs", run, "certificate.json"), "utf8"));
}

const notes = (events: readonly Event[]) => events.flatMap((event) => (event.type === "note" ? [event.data.text] : []));

describe("a cell that is repeated", () => {
  let old: Awaited<ReturnType<typeof done>>;
  let sha256 = "";
  beforeAll(async () => {
    old = await done("run", definition, "--json");
    sha256 = certificateOf(old.run).packages[0]?.file.sha256 ?? "";
  });

  it("fails again with the same package, keeps its servers and is no certificate", { timeout: 90_000 }, async () => {
    expect(old.code).toBe(1);
    const again = await done("reproduce", old.run, "--cell", cell, "--test", "test_smoke", "--json");
    expect({ code: again.code, err: again.err }).toMatchObject({ code: 1 });
    expect(notes(again.events)).toContain(`tests ${sha256}, test_smoke`);
    expect(again.err).toContain(`Log in:      edgecert ssh ${cell}/node --run ${again.run}`);
    const certificate = certificateOf(again.run);
    expect(certificate).toMatchObject({
      reproduces: { run: old.run, cell, test: "test_smoke" },
      packages: [{ file: { sha256 } }],
      requestedBy: expect.stringContaining("@"),
      definition: { file: definition },
    });
    expect(certificate.leftovers?.map(({ kept }) => kept)).not.toContain(false);
    expect(processesWith(`run=${again.run}`)).not.toEqual([]);
    expect((await done("list", "--machines", "--release", again.run)).code).toBe(0);
    expect(processesWith(`run=${again.run}`)).toEqual([]);
  });

  it("goes on after a kill as what it is, also in the hands of another process", { timeout: 90_000 }, async () => {
    const killed = edgecert("reproduce", old.run, "--cell", cell, "--json");
    const { run } = await killed.next((event) => event.type === "server.ready");
    killed.child.kill("SIGKILL");
    await killed.ended;
    const resumed = await done("resume", run, "--json");
    expect({ code: resumed.code, err: resumed.err }).toMatchObject({ code: 1 });
    expect(certificateOf(run)).toMatchObject({ reproduces: { run: old.run, cell }, packages: [{ file: { sha256 } }] });
    expect((await done("list", "--machines", "--release", run)).code).toBe(0);
  });

  it("gives everything back when it is interrupted", { timeout: 90_000 }, async () => {
    const stopped = edgecert("reproduce", old.run, "--cell", cell, "--json");
    const { run } = await stopped.next((event) => event.type === "server.requested");
    stopped.child.kill("SIGINT");
    expect(await stopped.ended).toBe(6);
    expect(processesWith(`run=${run}`)).toEqual([]);
  });

  it("is refused for what the run does not have", { timeout: 90_000 }, async () => {
    const refused = async (...words: readonly string[]) => {
      const { code, err } = await done("reproduce", old.run, ...words);
      return { code, err };
    };
    expect(await refused("--cell", "debian-1")).toMatchObject({
      code: 2,
      err: expect.stringContaining("No such cell"),
    });
    expect(await refused("--cell", cell, "--test", "test_smok")).toMatchObject({
      code: 2,
      err: expect.stringContaining("test_smoke"),
    });
    appendFileSync(join(testHome, "runs", old.run, "packages/built.txt"), "!");
    expect(await refused("--cell", cell)).toMatchObject({
      code: 2,
      err: expect.stringContaining("is not what was certified"),
    });
  });
});
