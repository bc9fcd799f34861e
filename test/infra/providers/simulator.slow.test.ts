import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, describe, expect, it } from "vitest";
import { taggedProcesses } from "../../../infra/hosts/process-table.ts";
import { simulatorProvider } from "../../../infra/providers/simulator/provider.ts";
import { connect } from "../../../infra/ssh/connect.ts";
import { followJob, startJob } from "../../../infra/ssh/job.ts";
import type { ServerRequest } from "../../../pipelines/dsl/request.ts";
import { processesWith } from "../../certify-process.ts";
import { providerContract } from "./contract.ts";

const home = mkdtempSync(join(tmpdir(), "edgecert-simulator-"));
const script = join(import.meta.dirname, "provider-process.ts");
const provider = simulatorProvider({ home });

const request = (name: string): ServerRequest => ({
  ...{ name, role: name, os: "debian-12", cores: 1, memoryMiB: 512, packages: [], nestedKvm: false },
});
const requests = [request("frontend"), request("node1")] as const;
const owner = { run: "scripted", node: "servers", attempt: 1, token: 1, expiresAt: "2040-01-01T00:00:00.000Z" };
const signal = () => AbortSignal.timeout(120_000);

function start(task: object) {
  const words = [script, JSON.stringify({ home, scripted: true, ...task })];
  return spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
}

providerContract({
  provider,
  requests,
  simulated: true,
  impossible: [request("not a host name")],
  listElsewhere: async (list) => JSON.parse(await text(start({ list }).stdout)),
  provisionAndDie: async (killed) => {
    const child = start({ provision: { requests, owner: killed } });
    await Promise.race([once(child.stdout, "data"), once(child, "close")]);
    child.kill("SIGKILL");
    await once(child, "close");
  },
});

describe("a scripted machine", () => {
  afterAll(async () => {
    await provider.destroy({ ...owner, token: 9 }, signal());
    expect(taggedProcesses().filter((one) => one.tags.get("home")?.startsWith(home))).toEqual([]);
    rmSync(home, { recursive: true, force: true });
  });

  it("keeps to itself what is written on it, and ends with all that runs on it", async () => {
    const pattern = readFileSync("/proc/sys/kernel/core_pattern", "utf8");
    const [first, second] = await provider.provision(requests, owner, { signal: signal(), note() {}, ready() {} });
    if (first === undefined || second === undefined) throw new Error("two were asked for");
    const connection = await connect(first.ssh, {});
    const wrote = await connection.run(
      "echo mine > /proc/sys/kernel/core_pattern && echo mine > /etc/mine && hostname",
    );
    expect(wrote).toMatchObject({ code: 0, stdout: "frontend\n" });
    expect(readFileSync("/proc/sys/kernel/core_pattern", "utf8")).toBe(pattern);
    const other = await connect(second.ssh, {});
    expect(await other.run("cat /etc/mine /proc/sys/kernel/core_pattern")).toMatchObject({ code: 1, stdout: "core\n" });
    expect((await other.run("touch /usr/mine")).code).not.toBe(0);
    other.close();
    const job = { name: "lasting", command: "echo $$-here; exec sleep 987654", env: {} };
    expect(await startJob(connection, job, {})).toBe("started");
    const [line] = await new Promise<readonly string[]>((resolve) => {
      followJob(connection, job.name, { onLine: (one) => resolve([one]) }).catch(() => {});
    });
    expect(line).toMatch(/-here$/);
    const lives = () => taggedProcesses().filter((one) => one.tags.get("id") === first.id);
    expect(lives()).toHaveLength(1);
    for (const { pid } of lives()) process.kill(pid, "SIGKILL");
    connection.close();
    await expect.poll(() => processesWith("sleep 987654")).toEqual([]);
    await expect(connect(first.ssh, {})).rejects.toMatchObject({ failure: { reason: "ssh-unreachable" } });
  });
});
