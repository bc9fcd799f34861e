import { expect, test } from "vitest";
import { configureHost } from "../../../../infra/hosts/kvm/configure.ts";
import { planHypervisor } from "../../../../infra/hosts/kvm/plan.ts";
import type { CommandResult, Connection } from "../../../../infra/ssh/connection.ts";

const system = { os: "debian-12", architecture: "amd64" } as const;
const io = { signal: new AbortController().signal, note: () => {}, step: () => {} };

/** A host whose every command is answered with the next of these results; the last one goes on. */
function scripted(user: string, ...answers: readonly Partial<CommandResult>[]) {
  const asked: { readonly command: string; readonly input: string | undefined }[] = [];
  const run: Connection["run"] = async (command, options) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push({ command, input: options?.input });
    return { code: 0, signal: null, stdout: "", stderr: "", ...answer };
  };
  const refuse = () => Promise.reject(new Error("not in this test"));
  const address = { host: "192.0.2.1", port: 22, user };
  const connection: Connection = { address, run, must: run, upload: refuse, download: refuse, close: () => {} };
  return { connection, asked };
}

/** What a host says that runs this system and finds every step in this state. */
function answer(os = "debian-12", change: Readonly<Record<string, string>> = {}, state = "in order") {
  const facts = {
    ...{ os, architecture: "x86_64", kernel: "6.1.0", bootId: "b", cores: "4", memoryMiB: "8000", freeMiB: "50000" },
    ...{ systemd: "true", home: "/root", quarantine: "", ...change },
  };
  const steps = planHypervisor({ ...system, os }, {}) ?? [];
  const lines = [
    "a banner that says\tsomething",
    ...Object.entries(facts).map(([name, value]) => `edgecert\tfact\t${name}\t${value}`),
    ...steps.map(({ name }) => `edgecert\tstep\t${name}\t${state}\t\t1`),
  ];
  return { stdout: `${lines.join("\n")}\n` };
}

const cut = ({ stdout }: { readonly stdout: string }) => ({ stdout: stdout.slice(0, stdout.lastIndexOf("edgecert")) });

test("a host that has everything says so in one round trip, and nothing is changed", async () => {
  const { connection, asked } = scripted("root", answer());
  const done = await configureHost(connection, { expected: system, request: {} }, io);
  expect(asked).toHaveLength(1);
  expect(asked[0]?.command).toBe("/bin/sh -s");
  expect(done).toMatchObject({ changed: [], facts: { os: "debian-12", architecture: "amd64", cores: 4 } });
  expect(done.steps.map(({ step }) => step)).toEqual(planHypervisor(system, {})?.map(({ name }) => name));
});

test("a host that runs another system than expected is asked once more, by the plan of that one", async () => {
  const { connection, asked } = scripted("root", answer("almalinux-9"));
  const done = await configureHost(connection, { expected: system, request: {} }, io);
  expect(asked).toHaveLength(2);
  expect(asked[0]?.input).toContain("dpkg-query");
  expect(asked[1]?.input).toContain("rpm -q");
  expect(done.facts.os).toBe("almalinux-9");
});

test("a user who is not root works by sudo, and keeps a home of their own", async () => {
  const { connection, asked } = scripted("admin", answer());
  await configureHost(connection, { expected: system, request: {} }, io);
  expect(asked[0]?.command).toBe('sudo -n env login_home="$HOME" /bin/sh -s');
});

test.each([
  [
    "sudo that wants a password",
    { code: 1, stderr: "sudo: a password is required" },
    "hypervisor-root",
    "configuration",
  ],
  ["a system without a recipe", answer("arch-rolling"), "hypervisor-system", "configuration"],
  ["a machine without systemd", answer("debian-12", { systemd: "false" }), "hypervisor-system", "configuration"],
  ["a full disk", answer("debian-12", { freeMiB: "100" }), "hypervisor-room", "lost"],
  ["facts that are none", answer("debian-12", { cores: "many" }), "hypervisor-facts", "lost"],
  ["a quarantined host", answer("debian-12", { quarantine: "no KVM" }, "needed"), "hypervisor-quarantined", "lost"],
  ["a check that was cut short", cut(answer()), "hypervisor-facts", "lost"],
  ["a shell that says nothing", {}, "hypervisor-facts", "lost"],
])("%s is a failure that says so", async (_, said, reason, kind) => {
  const { connection } = scripted("root", said);
  const failing = configureHost(connection, { expected: system, request: {} }, io);
  await expect(failing).rejects.toMatchObject({
    failure: { reason, class: kind, detail: expect.stringContaining("192.0.2.1") },
  });
});

test("a quarantined host that is to join a private network is only looked at", async () => {
  const { stdout } = answer("debian-12", { quarantine: "no KVM" });
  const said = `${stdout}edgecert\tstep\tprivate-vlan\tneeded\tno device has 10.70.0.2/22\t1\n`;
  const { connection, asked } = scripted("root", { stdout: said });
  const privateVlan = { id: 1918, address: "10.70.0.2/22" };
  const failing = configureHost(connection, { expected: system, request: {}, privateVlan }, io);
  await expect(failing).rejects.toMatchObject({ failure: { reason: "hypervisor-quarantined" } });
  expect(asked.map(({ command }) => command)).toEqual(["/bin/sh -s"]);
});

test("a wrong request reaches no host", async () => {
  const { connection, asked } = scripted("root", answer());
  const request = { vlans: [{ id: 0, bridge: "br0" }] };
  await expect(configureHost(connection, { expected: system, request }, io)).rejects.toMatchObject({
    failure: { reason: "hypervisor-request", detail: expect.stringContaining("0") },
  });
  expect(asked).toEqual([]);
});
