import { describe, expect, it } from "vitest";
import type { Resource } from "../../infra/providers/provider.ts";
import { sweepExpired } from "../../infra/sweep.ts";

const hour = 3_600_000;
const at = (shift: number) => new Date(Date.now() + shift).toISOString();
const one = (id: string, run: string, shift: number): Resource => ({
  ...{ provider: "local", id, kind: "virtual-machine", run, node: "servers" },
  expiresAt: at(shift),
});

function place(listed: readonly Resource[], broken = "") {
  const released: string[] = [];
  const release = async ({ id }: Resource) => {
    if (id === broken) throw new Error("no answer");
    released.push(id);
  };
  return { released, list: async () => listed, release };
}

const signal = AbortSignal.timeout(10_000);

describe("sweepExpired", () => {
  it("gives back what has expired, unless a live run holds it or nobody knows whose it is", async () => {
    const listed = [
      one("old", "dead", -hour),
      one("new", "dead", hour),
      one("held", "live", -hour),
      one("?", "", -hour),
    ];
    const provider = place(listed);
    const swept = await sweepExpired(provider, async () => new Set(["live"]), signal);
    expect(provider.released).toEqual(["old"]);
    expect(swept).toEqual({ released: [listed[0]], failed: [] });
  });

  it("goes on after one that cannot be given back, and says why", async () => {
    const provider = place([one("stuck", "dead", -hour), one("old", "dead", -hour)], "stuck");
    const swept = await sweepExpired(provider, async () => new Set(), signal);
    expect(provider.released).toEqual(["old"]);
    expect(swept.failed).toMatchObject([{ resource: { id: "stuck" }, why: "no answer" }]);
  });

  it("asks nobody who lives where nothing has expired", async () => {
    const asked = async () => Promise.reject(new Error("the database was asked"));
    expect(await sweepExpired(place([one("new", "dead", hour)]), asked, signal)).toEqual({ released: [], failed: [] });
  });
});
