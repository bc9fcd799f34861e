import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { probeAcceleration } from "../../../infra/hosts/acceleration.ts";

const home = mkdtempSync(join(tmpdir(), "acceleration-"));
afterAll(() => rmSync(home, { recursive: true }));

test("without the device processors are emulated, with a KVM of their own", async () => {
  const signal = new AbortController().signal;
  const device = join(home, "kvm");
  expect(await probeAcceleration({ home, kernel: "/nowhere", signal, device })).toEqual({
    acceleration: "tcg",
    nested: true,
    reason: `${device} cannot be opened`,
  });
});
