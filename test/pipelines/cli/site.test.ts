import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { resultsFolder } from "../../fixtures/reports/results-folder.ts";

const root = join(import.meta.dirname, "..", "..", "..");

describe("edgecert site", () => {
  it("writes an index of a home without a database, and refuses a folder that holds something else", () => {
    using place = resultsFolder({ "home/runs/.keep": "", "mine/letter.txt": "dear" });
    const run = (out: string) => {
      const words = [join(root, "pipelines/cli/main.ts"), "site", "--out", out, "--json"];
      const env = { ...process.env, NO_COLOR: "1", EDGECERT_HOME: join(place.path, "home") };
      return spawnSync(process.execPath, words, { cwd: place.path, encoding: "utf8", env });
    };
    const done = run("made/site");
    expect({ status: done.status, ...JSON.parse(done.stdout) }).toMatchObject({ status: 0, certificates: 0 });
    expect(existsSync(join(place.path, "made/site/index.html"))).toBe(true);
    expect(run("made/site").status).toBe(0);
    for (const [out, why] of [
      ["mine", "that is no site"],
      ["home", "among what it shows"],
      ["home/runs", "among what it shows"],
    ] as const) {
      const refused = run(out);
      expect({ out, status: refused.status }).toEqual({ out, status: 2 });
      expect(refused.stderr).toContain(why);
    }
  });
});
