import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { killPoints, request, standingOnDisk, terms, wholeLife } from "./kill-process.ts";

const io = () => ({ signal: AbortSignal.timeout(30_000), note() {}, step() {} });

it.concurrent.each(killPoints)(
  "a process that is killed %s leaves nothing that the next does not know",
  async (point) => {
    const folder = mkdtempSync(join(tmpdir(), "edgecert-standing-kill-"));
    try {
      const words = [join(import.meta.dirname, "kill-process.ts"), folder, point];
      const child = spawn(process.execPath, words, { stdio: ["ignore", "ignore", "inherit"] });
      expect((await once(child, "close"))[1]).toBe("SIGKILL");
      const { standing, provider, records } = standingOnDisk(folder);
      // Every machine has its record: nothing costs money that nobody knows of.
      const known = (await records()).map(({ id }) => id);
      for (const { node } of await provider.list({})) expect(known).toContain(node);
      expect((await standing.tend([{ request, ready: 1, terms }], io())).failed).toEqual([]);
      const [one, ...more] = await records();
      expect([one?.state, more.length, (await provider.list({})).map(({ node }) => node)]).toEqual([
        "ready",
        0,
        [one?.id],
      ]);
      await wholeLife(standing, records);
      expect([await records(), await provider.list({})]).toEqual([[], []]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
