import { describe, expect, it } from "vitest";
import { buildServer } from "../../../pipelines/environments/build-server.ts";
import { environments } from "../../../pipelines/environments/catalogue.ts";
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

  it("owes evidence of two suites whose result files are plain names", () => {
    expect(suitesOf(environment)).toEqual([
      { name: "library", format: "unittest" },
      { name: "system", format: "rspec-json" },
    ]);
    expect(environment.suites.every(({ results }) => /^[a-z][a-z.-]*$/.test(results))).toBe(true);
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

it("the build server is a role of its own", () => {
  expect(buildServer("debian-13").map(({ role, os }) => [role, os])).toEqual([["build", "debian-13"]]);
});
