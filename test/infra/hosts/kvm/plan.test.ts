import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Neighbourhood, planHypervisor, planText } from "../../../../infra/hosts/kvm/plan.ts";
import { proofScript } from "../../../../infra/hosts/kvm/proof-script.ts";
import type { HypervisorRequest } from "../../../../infra/hosts/kvm/request.ts";
import type { Step } from "../../../../infra/hosts/kvm/step.ts";
import { applyScript, checkScript } from "../../../../infra/hosts/kvm/step-script.ts";
import { type HostSystem, hostSystems } from "../../../../infra/hosts/kvm/system.ts";

const golden = (name: string) => join(import.meta.dirname, "../../../fixtures/hosts", `${name}.txt`);

/** What OpenNebula asks of its hosts, with every kind of network. */
const opennebula: HypervisorRequest = {
  libvirt: "monolithic",
  bridge: { name: "onebr0", subnet: "10.20.0.0/16" },
  vlans: [{ id: 7, bridge: "onebr7", device: "eth1" }],
  vxlans: [{ id: 42, bridge: "onebr42", port: 8472 }],
  account: { name: "oneadmin", uid: 9869, home: "/var/lib/one", authorizedKeys: ["ssh-ed25519 AAAAC3Nz one's"] },
};

const privateVlan = { id: 1918, address: "10.70.0.1/22" };

function planned(system: HostSystem, request: HypervisorRequest, neighbourhood: Neighbourhood = {}): readonly Step[] {
  const plan = planHypervisor(system, request, { peers: ["10.0.0.2", "10.0.0.3"], ...neighbourhood });
  if (plan === undefined) throw new Error(`no plan for ${system.os}`);
  return plan;
}

const systems = Object.keys(hostSystems).filter((os) => !os.startsWith("rhel"));

test.each(systems)("the plan of %s is the one that was reviewed", async (os) => {
  await expect(planText(planned({ os, architecture: "amd64" }, {}))).toMatchFileSnapshot(golden(os));
});

test.each(["debian-12", "almalinux-9"])("the plan of %s with all options is the one that was reviewed", async (os) => {
  const text = planText(planned({ os, architecture: "amd64" }, opennebula, { privateVlan }));
  await expect(text).toMatchFileSnapshot(golden(`${os}-opennebula`));
});

test.each(["ubuntu-24.04", "almalinux-10"])("the plan of %s on arm64 is the one that was reviewed", async (os) => {
  await expect(planText(planned({ os, architecture: "arm64" }, {}))).toMatchFileSnapshot(golden(`${os}-arm64`));
});

test("RHEL is made what AlmaLinux of its number is made", () => {
  for (const number of [8, 9, 10])
    expect(planned({ os: `rhel-${number}`, architecture: "amd64" }, opennebula)).toEqual(
      planned({ os: `almalinux-${number}`, architecture: "amd64" }, opennebula),
    );
});

test("an unknown system has no plan", () => {
  expect(planHypervisor({ os: "templeos-5", architecture: "amd64" }, {})).toBeUndefined();
});

test("every script is one that the shells of all systems can read", () => {
  const plans = Object.keys(hostSystems).flatMap((os) =>
    (["amd64", "arm64"] as const).flatMap((architecture) =>
      [{}, opennebula].map((request) => planned({ os, architecture }, request, { privateVlan })),
    ),
  );
  const scripts = [
    ...new Set(plans.flatMap((plan) => [checkScript(plan), applyScript(plan)])),
    ...(["amd64", "arm64"] as const).map((architecture) => proofScript(architecture, {})),
  ];
  for (const shell of [["sh"], ["bash", "--posix"]]) {
    const [command = "", ...options] = shell;
    for (const input of scripts) {
      const { status, stderr } = spawnSync(command, [...options, "-n"], { input, encoding: "utf8" });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    }
  }
}, 60_000);

test("no step writes where a package or an administrator does", () => {
  const plan = planned({ os: "debian-12", architecture: "amd64" }, opennebula, { privateVlan });
  const paths = plan.flatMap(({ files }) => files.map(({ path }) => path));
  expect(paths.length).toBeGreaterThan(4);
  expect(paths.filter((path) => !path.includes("edgecert"))).toEqual([]);
});
