import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { taggedProcesses } from "../../../infra/hosts/process-table.ts";
import { localProvider } from "../../../infra/providers/local/provider.ts";
import type { Resource } from "../../../infra/providers/provider.ts";
import type { ServerRequest } from "../../../pipelines/dsl/request.ts";
import { providerContract } from "./contract.ts";

/** Kept between test runs for its images: building them is not what is tested twice. */
const home = fileURLToPath(new URL("../../../.edgecert/test", import.meta.url));
const script = fileURLToPath(new URL("provider-process.ts", import.meta.url));

const request = (name: string, change: Partial<ServerRequest>): ServerRequest => ({
  ...{ name, role: name, os: "debian-12", cores: 1, memoryMiB: 512, packages: [], nestedKvm: false },
  ...change,
});
const requests = [
  request("frontend", { packages: ["openssh-client"] }),
  request("node1", { packages: ["qemu-system-x86"], nestedKvm: true, memoryMiB: 768 }),
] as const;

function start(task: object) {
  return spawn(process.execPath, [script, JSON.stringify({ home, ...task })], { stdio: ["ignore", "pipe", "inherit"] });
}

async function listElsewhere(list: { readonly run: string }): Promise<readonly Resource[]> {
  const child = start({ list });
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
  });
  await once(child, "close");
  return JSON.parse(said);
}

providerContract({
  provider: localProvider({ home }),
  requests,
  impossible: [request("giant", { memoryMiB: 10_000_000 })],
  listElsewhere,
  provisionAndDie: async (owner) => {
    const child = start({ provision: { requests, owner } });
    await Promise.race([once(child.stdout, "data"), once(child, "close")]);
    child.kill("SIGKILL");
    await once(child, "close");
  },
});

test("no process and no folder is left on the machine", () => {
  expect(taggedProcesses().filter((one) => one.tags.get("home") === home)).toEqual([]);
  const servers = join(home, "local", "servers");
  expect(existsSync(servers) ? readdirSync(servers) : []).toEqual([]);
});
