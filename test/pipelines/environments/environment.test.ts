import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { buildServer, edgeprobeBuild } from "../../../pipelines/environments/build-server.ts";
import { environments } from "../../../pipelines/environments/catalogue.ts";
import { type Demonstration, demonstrating } from "../../../pipelines/environments/demonstration.ts";
import { serversOf, suitesOf } from "../../../pipelines/environments/environment.ts";

describe.each(Object.entries(environments))("the environment %s", (name, environment) => {
  const roles = environment.roles.map((role) => role.name);

  it("is found under its own name", () => {
    expect(environment.name).toBe(name);
  });

  it("names only roles that it has", () => {
    const named = [
      ...environment.state.flatMap((file) => file.roles),
      ...environment.proofs.map((proof) => proof.role),
      ...environment.suites.map((suite) => suite.role),
    ];
    expect(named.filter((role) => !roles.includes(role))).toEqual([]);
  });

  it("asks for each server once, with a valid host name, and never for a build server", () => {
    const servers = serversOf(environment, "debian-12");
    const names = servers.map((server) => server.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.every((one) => /^[a-z][a-z0-9-]{0,30}$/.test(one))).toBe(true);
    expect(servers.map((server) => server.role)).not.toContain("build");
  });

  it("has nested KVM wherever its proofs make a virtual machine", () => {
    const makers = environment.proofs.filter(({ command }) => command.includes("/dev/kvm")).map(({ role }) => role);
    expect(makers).not.toEqual([]);
    for (const maker of makers) {
      expect(environment.roles.find((role) => role.name === maker)?.nestedKvm).toBe(true);
    }
  });

  it("owes evidence of every suite, in a result file with a plain name", () => {
    expect(suitesOf(environment).slice(0, 3)).toEqual([
      { name: "library", format: "unittest" },
      { name: "system", format: "rspec-lines" },
      { name: "exporter", format: "go-test-json" },
    ]);
    expect(environment.suites.every(({ results }) => /^[A-Za-z][A-Za-z.-]*$/.test(results))).toBe(true);
    expect(environment.suites.every(({ only }) => only?.includes("EDGECERT_ONLY_TEST"))).toBe(true);
  });

  it("keeps the generated key from everyone but its owner", () => {
    const keys = environment.state.filter(({ content }) => "generated" in content);
    expect(keys.map(({ mode }) => mode)).toEqual(["0600"]);
  });
});

it("the two environments differ in the machine model of guests, and in what is proved about it", () => {
  const { "kvm-ssh": kvm, "microvm-ssh": microvm } = environments;
  expect([kvm.guestMachine, microvm.guestMachine]).toEqual(["q35", "microvm"]);
  const proofs = microvm.proofs.filter(({ command }) => !kvm.proofs.some((other) => other.command === command));
  expect(proofs.map(({ title }) => title)).toEqual(["QEMU knows the machine model microvm"]);
  expect(microvm.suites.map(({ env }) => env.EDGEPROBE_MACHINE)).toContain("microvm");
});

it("the client is tested where there is Java, and built nowhere else", () => {
  const { "kvm-ssh": kvm, "microvm-ssh": microvm } = environments;
  const clients = [kvm, microvm].map(({ suites }) => suites.filter(({ format }) => format === "junit-xml").length);
  expect(clients).toEqual([0, 1]);
  expect(microvm.roles.flatMap(({ packages }) => packages)).toContain("default-jre-headless");
  const build = (os: string) => edgeprobeBuild({ os }, { demonstrate: "nothing" }).env.DEB_BUILD_PROFILES;
  expect([build("debian-12"), build("debian-13")]).toEqual(["", "pkg.edgeprobe.noclient"]);
});

describe("a demonstration", () => {
  const shown = (demonstrate: Demonstration) => demonstrating(environments["kvm-ssh"], { demonstrate });

  it("changes nothing where nothing is to be shown, nor where the build does it", () => {
    for (const what of ["nothing", "failure"] as const) expect(shown(what)).toBe(environments["kvm-ssh"]);
    const unit = (demonstrate: Demonstration) => edgeprobeBuild({ os: "debian-12" }, { demonstrate }).env;
    expect(unit("failure").EDGEPROBE_MEMINFO_UNIT).not.toBe(unit("nothing").EDGEPROBE_MEMINFO_UNIT);
  });

  it("tells the suites what to do", () => {
    for (const what of ["flaky", "inconclusive"] as const)
      expect(shown(what).suites.map(({ env }) => env.EDGEPROBE_DEMONSTRATE)).toContain(what);
  });

  it("asks for what a node does not have, and can be met", () => {
    const proof = shown("not-run").proofs.at(-1);
    const asked = (kibibytes: number) =>
      spawnSync("sh", ["-c", (proof?.command ?? "").replace("/proc/meminfo", "-")], {
        input: `MemTotal: ${kibibytes} kB\n`,
      }).status;
    expect([asked(1_536 * 1024), asked(128 * 1024 * 1024)]).toEqual([1, 0]);
  });
});

it("the build server is a role of its own", () => {
  expect(buildServer("debian-13").map(({ role, os }) => [role, os])).toEqual([["build", "debian-13"]]);
});

it("plans what its suites must measure", () => {
  const [environment] = Object.values(environments);
  const measures = [{ name: "requests", unit: "req/s", limit: { kind: "at-least", value: 1_000 } }] as const;
  const [suite, ...others] = environment?.suites ?? [];
  if (environment === undefined || suite === undefined) throw new Error("there is no suite");
  const planned = suitesOf({ ...environment, suites: [{ ...suite, measures }, ...others] });
  expect(planned.map((one) => one.measures)).toEqual([measures, ...others.map(() => undefined)]);
  expect(planned.slice(1).every((one) => !("measures" in one))).toBe(true);
});
