import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Configured, configureHost, type HypervisorIo } from "../../../../infra/hosts/kvm/configure.ts";
import { type Candidate, makeHypervisors } from "../../../../infra/hosts/kvm/hypervisors.ts";
import type { HypervisorRequest } from "../../../../infra/hosts/kvm/request.ts";
import type { StepReport } from "../../../../infra/hosts/kvm/step-words.ts";
import { localProvider } from "../../../../infra/providers/local/provider.ts";
import { connect } from "../../../../infra/ssh/connect.ts";
import type { Connection } from "../../../../infra/ssh/connection.ts";

/** Kept between test runs for its images: building them is not what is tested twice. */
const home = fileURLToPath(new URL("../../../../.edgecert/test", import.meta.url));
const child = fileURLToPath(new URL("configuring-process.ts", import.meta.url));

// Everything of a hypervisor but ping, which is small: a machine that is emulated would unpack all of it for many minutes.
const packages = [
  ...["qemu-system-x86", "qemu-utils", "libvirt-daemon-system", "libvirt-clients", "dnsmasq-base", "ovmf"],
  "chrony",
];
const request: HypervisorRequest = {
  vxlans: [{ id: 42, bridge: "edgebr42" }],
  account: { name: "oneadmin", uid: 9869, home: "/var/lib/one", authorizedKeys: ["ssh-ed25519 AAAA one's"] },
};
const expected = { os: "debian-12", architecture: "amd64" } as const;
const owner = { run: `hypervisor-${process.pid}`, node: "n", attempt: 1, token: 1 };
const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
const provider = localProvider({ home, start: "cold" });

let host: Candidate;
let connection: Connection;

beforeAll(async () => {
  const asked = { name: "host1", role: "host", os: "debian-12", cores: 2, memoryMiB: 1536, packages, nestedKvm: true };
  const io = { signal: AbortSignal.timeout(800_000), note: () => {}, ready: () => {} };
  const [server] = await provider.provision([asked], { ...owner, expiresAt }, io);
  if (server === undefined) throw new Error("There is no server.");
  host = { ...server, architecture: "amd64" };
  connection = await connect(server.ssh);
});

afterAll(async () => {
  connection?.close();
  await provider.destroy({ ...owner, expiresAt, token: 2 }, AbortSignal.timeout(60_000));
});

function listening(): HypervisorIo & { readonly steps: StepReport[]; readonly notes: string[] } {
  const steps: StepReport[] = [];
  const notes: string[] = [];
  const signal = AbortSignal.timeout(590_000);
  return { signal, steps, notes, note: (text) => notes.push(text), step: (report) => steps.push(report) };
}

/** Configures the host by a connection that counts its commands. */
async function configure(asked: HypervisorRequest): Promise<Configured & { readonly roundTrips: number }> {
  let roundTrips = 0;
  const counted: Connection = {
    ...connection,
    run: (...words) => {
      roundTrips += 1;
      return connection.run(...words);
    },
  };
  const done = await configureHost(counted, { expected, request: asked, peers: ["10.0.0.9"] }, listening());
  return { ...done, roundTrips };
}

const inHost = async (command: string): Promise<string> => (await connection.must(command)).stdout.trim();

test("what a killed run began is finished by the next one, and a third changes nothing in one round trip", async () => {
  const running = spawn(process.execPath, [child, JSON.stringify(host.ssh), JSON.stringify(request)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  for await (const chunk of running.stdout) {
    said += chunk;
    if (said.includes("packages needed")) break;
  }
  running.kill("SIGKILL");
  if (running.exitCode === null && running.signalCode === null) await once(running, "exit");
  expect(said).toContain("packages needed");

  const second = await configure(request);
  expect(second.steps.map(({ state }) => state)).not.toContain("failed");
  expect(second.changed).toContain("account");
  expect(await inHost("dpkg -s iputils-ping | grep Status")).toContain("ok installed");
  const third = await configure(request);
  expect(third.changed).toEqual([]);
  expect(third.roundTrips).toBe(1);
  expect(new Set(third.steps.map(({ state }) => state))).toEqual(new Set(["in order"]));
  expect(await inHost("cat /sys/class/net/edgebr42/brif/edgevx42/state")).toBe("3");
  expect(await inHost("virsh -q net-list --name --autostart")).toContain("edgecert");
});

test("a host proves itself by a guest that boots, answers and goes; without KVM it is quarantined and stays so", async () => {
  const make = (quarantine?: "prove-again") => {
    const options = quarantine === undefined ? {} : { quarantine };
    const io = { signal: AbortSignal.timeout(590_000), note: () => {}, step: () => {} };
    return makeHypervisors([host], { request: { ...request, vxlans: [] }, options }, io);
  };
  await inHost("mv /dev/kvm /dev/kvm.away");
  const broken = await make();
  expect(broken.ready).toEqual([]);
  expect(broken.quarantined[0]?.failure).toMatchObject({ reason: "hypervisor-proof", class: "lost" });
  expect(broken.quarantined[0]?.failure.detail).toContain("/dev/kvm does not open");

  await inHost("mv /dev/kvm.away /dev/kvm");
  const refused = await make();
  expect(refused.quarantined[0]?.failure).toMatchObject({ reason: "hypervisor-quarantined" });

  const proved = await make("prove-again");
  expect(proved.quarantined).toEqual([]);
  expect(proved.ready[0]?.proof.checks.find(({ check }) => check.includes("/dev/kvm exists"))?.verdict).toBe("pass");
  expect(await inHost("virsh -q list --all --name")).toBe("");
  expect(await inHost("ls /var/lib/libvirt/images /var/lib/edgecert/host")).not.toMatch(/proof|quarantine/);
});

test("a change of the network that no new connection confirms is taken back", async () => {
  const vlans = [{ id: 7, bridge: "edgebr7" }];
  const cut = { ...request, vlans };
  const reach = () => Promise.reject(new Error("the way is cut"));
  const io = listening();
  const failing = configureHost(
    connection,
    { expected, request: cut, peers: ["10.0.0.9"], reach, patienceSeconds: 1 },
    io,
  );
  await expect(failing).rejects.toMatchObject({ failure: { reason: "hypervisor-step", class: "lost" } });
  expect(io.notes.join("\n")).toContain("the way is cut");
  expect(await inHost("ls /sys/class/net")).not.toMatch(/edgebr7|edgevl7/);
  expect(await inHost("ls /etc/systemd/system/multi-user.target.wants")).not.toContain("edgecert-vlan-7");
  expect((await configure(request)).changed).toEqual([]);
});

test("what an administrator changed by hand stays", async () => {
  const path = "/etc/sysctl.d/90-edgecert-kvm.conf";
  await inHost(`cp ${path} /root/kept && echo 'net.ipv4.conf.all.log_martians = 1' >> ${path}`);
  const { changed, steps } = await configure(request);
  expect(changed).toEqual([]);
  expect(steps.find(({ step }) => step === "sysctl")).toMatchObject({ state: "kept", why: `changed by hand: ${path}` });
  expect(await inHost(`tail -n 1 ${path}`)).toContain("log_martians");
  await inHost(`mv /root/kept ${path}`);
});
