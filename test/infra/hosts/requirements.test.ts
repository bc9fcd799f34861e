import { expect, test } from "vitest";
import { requirements, requirementsFor } from "../../../infra/hosts/requirements.ts";

test("what only another processor needs is asked for with the first such server, not before", () => {
  const commands = (list: typeof requirements) => list.map((one) => one.command);
  expect(commands(requirements)).not.toContain("qemu-system-aarch64");
  expect(commands(requirementsFor("arm64"))).toEqual([
    ...commands(requirements),
    ...["qemu-system-aarch64", "depmod", "cpio", "xz"],
  ]);
});
