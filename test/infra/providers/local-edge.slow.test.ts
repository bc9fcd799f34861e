import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { cloudPackages } from "../../../infra/hosts/cloud-seed.ts";
import { ensureImage } from "../../../infra/images/image.ts";
import { localEdgeProvider } from "../../../infra/providers/local-edge/provider.ts";
import type { ClusterRequest } from "../../../pipelines/dsl/request.ts";
import { clusterContract } from "./cluster-contract.ts";

/** Kept between test runs for its images. */
const suiteHome = join(import.meta.dirname, "..", "..", "..", ".edgecert", "test");
const home = mkdtempSync(join(tmpdir(), "edgecert-edge-"));

beforeAll(async () => {
  mkdirSync(join(suiteHome, "images"), { recursive: true });
  symlinkSync(join(suiteHome, "images"), join(home, "images"));
  const io = { home, signal: AbortSignal.timeout(800_000), note: console.log };
  await ensureImage({ os: "debian-12", packages: cloudPackages }, io);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const settings = { memoryMiB: 1024, cores: 1 };
const request: ClusterRequest = { provider: "local-edge", count: 2, os: "debian-12", settings };

clusterContract({
  provider: localEdgeProvider({ home }),
  request,
  impossible: [
    { ...request, settings: { ...settings, memoryMiB: 1_000_000_000 } },
    { ...request, settings: { memory: 1024 } },
    { ...request, os: "plan9-4" },
    { ...request, count: 0 },
  ],
  hosts: "machines",
  home,
});
