import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Event } from "../../../pipelines/dsl/event.ts";
import type { Certificate } from "../../../reports/certificate-document.ts";
import { edgecert, testHome } from "../../certify-process.ts";

const mixed = "test/fixtures/definitions/mixed.ts";

async function done(...words: readonly string[]) {
  const process = edgecert(...words);
  const code = await process.ended;
  const [line = "{}"] = process.out.filter((one) => one.startsWith('{"v":'));
  const first: Event = JSON.parse(line);
  return { code, out: process.out.join("\n"), err: process.err.join("\n"), first };
}

function certificateOf(run: string): Certificate {
  return JSON.parse(readFileSync(join(testHome, "runs", run, "certificate.json"), "utf8"));
}

const verdicts = ({ cells }: Certificate) => cells.map((cell) => [cell.id, cell.verdict, cell.blame]);

describe("a run of some cells", () => {
  it("passes with exit 0, says that it is partial, and leaves nothing to approve", async () => {
    const { code, err, first } = await done("run", mixed, "--cells", "os=debian-*", "--json");
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(err).toMatch(/^Verdict: {5}Passed in part: all 2 cells passed; 1 of 3 cells was not selected$/m);
    const certificate = certificateOf(first.run);
    expect(certificate).toMatchObject({
      verdict: "not-run",
      partial: { chosen: ["os=debian-*"], stages: ["agreed", "published"] },
      plan: { approvals: [] },
    });
    expect(verdicts(certificate)).toEqual([
      ["debian-12/kvm-ssh", "passed", "nobody"],
      ["debian-13/kvm-ssh", "passed", "nobody"],
      ["rocky-9/ceph-ssh", "not-run", "selection"],
    ]);
    const approved = await done("approve", first.run);
    expect(approved).toMatchObject({ code: 2, err: expect.stringContaining("Nothing to decide") });
  });
});

describe("a run of the cells that did not pass", () => {
  it("takes definition and parameters of the old run, and both name the link", async () => {
    const old = await done("run", mixed, "-p", "broken=debian-1", "--json");
    expect(old.code).toBe(1);
    const { run } = old.first;

    const planned = await done("plan", "--only-failed", run, "--json");
    expect(planned.err).toContain(
      `of ${run} these cells did not pass and are planned: debian-12/kvm-ssh, debian-13/kvm`,
    );
    expect(planned.err).toMatch(/mixed\.ts and its parameters$/m);
    expect(JSON.parse(planned.out)).toMatchObject({
      params: { broken: "debian-1" },
      cells: [{ id: "debian-12/kvm-ssh" }, { id: "debian-13/kvm-ssh" }],
    });

    const again = await done("run", mixed, "--only-failed", run, "-p", "broken=debian-12", "--json");
    expect({ code: again.code, err: again.err }).toMatchObject({ code: 1 });
    expect(again.first).toMatchObject({ type: "run.started", data: { follows: run } });
    const certificate = certificateOf(again.first.run);
    expect(certificate).toMatchObject({ follows: run, params: { broken: "debian-12" } });
    expect(verdicts(certificate)).toEqual([
      ["debian-12/kvm-ssh", "failed", "product"],
      ["debian-13/kvm-ssh", "passed", "nobody"],
      ["rocky-9/ceph-ssh", "not-run", "selection"],
    ]);
    const listed: readonly { readonly run: string; readonly follows?: string }[] = JSON.parse(
      (await done("list", "--json")).out,
    );
    expect(listed.find((one) => one.run === again.first.run)?.follows).toBe(run);

    const last = await done("run", "--only-failed", again.first.run, "-p", "broken=none", "--json");
    expect({ code: last.code, err: last.err }).toMatchObject({ code: 0 });
    expect(certificateOf(last.first.run).partial?.chosen).toEqual(["debian-12/kvm-ssh"]);

    const nothing = await done("run", "--only-failed", last.first.run);
    expect(nothing).toMatchObject({ code: 2, err: expect.stringContaining(`every cell of ${last.first.run} passed`) });
  });

  it("is refused for another pipeline, for an unknown run and together with --cells", async () => {
    const old = await done("run", mixed, "-p", "broken=rocky", "--json");
    const other = await done("plan", "test/fixtures/definitions/held.ts", "--only-failed", old.first.run);
    expect(other).toMatchObject({ code: 2, err: expect.stringContaining(`${old.first.run} ran mixed, not held`) });
    expect(await done("run", "--only-failed", "nowhere")).toMatchObject({ code: 2 });
    const both = await done("run", mixed, "--only-failed", old.first.run, "--cells", "os=rocky-9");
    expect(both).toMatchObject({ code: 2, err: expect.stringContaining("cannot be used with") });
  });

  it("waits for the end of a run that is worked on", async () => {
    const held = edgecert("run", "test/fixtures/definitions/held.ts", "--json");
    const { run } = await held.next((event) => event.type === "note" && event.node === "user");
    const refused = await done("run", "--only-failed", run);
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining(`edgecert logs -f ${run}`) });
    held.child.kill("SIGINT");
    expect(await held.ended).toBe(6);
    const none = await done("run", "--only-failed", run);
    expect(none).toMatchObject({ code: 2, err: expect.stringContaining("has no cells") });
  });
});
