import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { postgresPlace } from "../../../../pipelines/engine/postgres/place.ts";
import { startPostgres } from "../../../../pipelines/engine/postgres/process.ts";

it("sees at once that a server ended, also before anybody could listen for it", { timeout: 20_000 }, async () => {
  const home = await mkdtemp(join(tmpdir(), "edgecert-process-"));
  try {
    const place = await postgresPlace(home, null);
    await mkdir(place.data, { recursive: true });
    const address = { host: place.sockets, user: "edgecert", database: "postgres" };
    const binaries = async () => ({ postgres: "/bin/false", initdb: "/bin/false" });
    const start = () => startPostgres({ place, address, account: null, binaries });
    // Because the kernel decides which of the two comes first, many are started at once.
    const ends = await Promise.allSettled(Array.from({ length: 40 }, start));
    const reasons = ends.map((end) => (end.status === "rejected" ? String(end.reason) : "started"));
    expect(new Set(reasons.map((reason) => /ended with code 1/.test(reason)))).toEqual(new Set([true]));
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
