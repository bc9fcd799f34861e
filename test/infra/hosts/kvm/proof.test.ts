import { expect, test } from "vitest";
import type { Said } from "../../../../infra/hosts/kvm/facts.ts";
import { decodeCheck, judgeProof } from "../../../../infra/hosts/kvm/proof.ts";
import { proofScript } from "../../../../infra/hosts/kvm/proof-script.ts";

const pass = "  QEMU: Checking if device /dev/kvm exists                                   : PASS";
const good: readonly Said[] = [
  ["kvm", "opens"],
  ["validate", pass],
  ["guest", "answered", "6", ""],
  ["removed", "true"],
];
const without = (kind: string, ...instead: readonly Said[]) => [...good.filter(([word]) => word !== kind), ...instead];

test("a host that opened, validated, booted, answered and cleaned up is proved", () => {
  expect(judgeProof(good)).toEqual({
    checks: [{ check: "if device /dev/kvm exists", verdict: "pass", advice: "" }],
    guestSeconds: 6,
  });
});

test.each([
  [
    "no /dev/kvm",
    without("kvm", ["kvm", "refused", "ls: cannot access '/dev/kvm'"]),
    "/dev/kvm does not open: ls: cannot",
  ],
  ["nothing said of /dev/kvm", without("kvm"), "/dev/kvm does not open: nothing was said"],
  ["a silent virt-host-validate", without("validate"), "virt-host-validate said nothing"],
  [
    "a failed check",
    [...good, ["validate", "  QEMU: Checking for hardware virtualization : FAIL (Only emulated CPUs are available)"]],
    "virt-host-validate fails for hardware virtualization: Only emulated CPUs are available",
  ],
  [
    "a guest that did not answer",
    without("guest", ["guest", "failed", "120", "no answer"]),
    "did not answer: no answer",
  ],
  ["a guest nobody reported", without("guest"), "the test guest was not reported"],
  ["a guest that stays", without("removed", ["removed", "false"]), "the test guest was not removed"],
  ["nothing at all", [], "/dev/kvm does not open"],
] satisfies readonly (readonly [string, readonly Said[], string])[])("%s is a reason against it", (_, said, reason) => {
  const judged = judgeProof(said);
  expect("problems" in judged ? judged.problems.join("\n") : "proved").toContain(reason);
});

test("what only other uses of a machine need does not count against it", () => {
  const advice = "(IOMMU appears to be disabled in kernel. Add intel_iommu=on to kernel cmdline arguments)";
  const said: readonly Said[] = [
    ...good,
    ["validate", `  QEMU: Checking if IOMMU is enabled by kernel : WARN ${advice}`],
    ["validate", "  QEMU: Checking for device assignment IOMMU support : FAIL (No ACPI DMAR table found)"],
  ];
  expect(judgeProof(said)).toMatchObject({ guestSeconds: 6, checks: [{}, { verdict: "warn" }, { verdict: "fail" }] });
});

test.each([
  [pass, { check: "if device /dev/kvm exists", verdict: "pass", advice: "" }],
  [
    "  QEMU: Checking for secure guest support : \u001b[33mWARN\u001b[0m (Unknown if this platform has Secure Guest support)",
    { check: "for secure guest support", verdict: "warn", advice: "Unknown if this platform has Secure Guest support" },
  ],
  ["setlocale: No such file or directory", undefined],
  ["   LXC: Checking for Linux >= 2.6.26 : PASS", undefined],
])("%s is read", (line, read) => {
  expect(decodeCheck(line)).toEqual(read);
});

test("a missing /dev/kvm is not made by looking for it", () => {
  expect(proofScript("amd64", {})).toMatch(/\[ -c \/dev\/kvm \] && \(exec 3<>\/dev\/kvm\)/);
});
