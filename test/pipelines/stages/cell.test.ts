import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FailureError } from "../../../pipelines/dsl/failure.ts";
import { kvmSsh } from "../../../pipelines/environments/kvm-ssh.ts";
import { evidenceLimits, gatherEvidence } from "../../../pipelines/stages/evidence.ts";
import { installPackages } from "../../../pipelines/stages/install.ts";
import { prepareEnvironment, proveEnvironment } from "../../../pipelines/stages/preparation.ts";
import { fakeMachine, fakeServer } from "./fake-machine.ts";
import { caught, type Recorded, recordedContext } from "./stage-context.ts";

let root: string;
let recorded: Recorded;
const frontend = fakeServer("frontend", "frontend");
const node = fakeServer("node1", "node");
const environment = { ...kvmSsh, roles: kvmSsh.roles.map((role) => ({ ...role, installs: ["edgeprobe"] })) };

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "edgecert-cell-"));
  recorded = recordedContext({ root, node: "results@debian-12/kvm-ssh" });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("the installation", () => {
  const bytes = Buffer.from("a package");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const path = "packages/debian-12/edgeprobe_1.0.0+debian12_all.deb";
  const packages = {
    os: "debian-12",
    packages: [{ name: "edgeprobe", version: "1.0.0+debian12", file: { path, sha256, bytes: bytes.length } }],
  };

  beforeEach(() => {
    mkdirSync(join(root, "run/packages/debian-12"), { recursive: true });
    writeFileSync(join(root, "run", path), bytes);
  });

  it("sends the built bytes and has the server compare them before it installs", async () => {
    const machine = fakeMachine(frontend);
    await installPackages([machine], { environment, packages }, recorded.ctx);
    expect(machine.uploads).toEqual([[join(root, "run", path), "/var/lib/edgecert/packages"]]);
    const installing = machine.commands.find(({ command }) => command.includes("dpkg -i"));
    expect(installing?.command.match(/--compare-versions|sha256sum --check|dpkg -i/g)).toEqual([
      "--compare-versions",
      "sha256sum --check",
      "dpkg -i",
    ]);
    expect(installing?.input).toBe(`${sha256}  edgeprobe_1.0.0+debian12_all.deb\n`);
  });

  it("refuses bytes that changed in the run's folder", async () => {
    writeFileSync(join(root, "run", path), "something else");
    const machine = fakeMachine(frontend);
    const failure = await caught(installPackages([machine], { environment, packages }, recorded.ctx));
    expect(failure).toMatchObject({ reason: "package-changed", class: "fatal" });
    expect(machine.uploads).toEqual([]);
  });

  it("never happens on a server that built", async () => {
    const builder = fakeMachine(fakeServer("builder", "build"));
    const failure = await caught(installPackages([builder], { environment, packages }, recorded.ctx));
    expect(failure).toMatchObject({ reason: "build-server-tested", class: "configuration" });
    expect(builder.commands).toEqual([]);
  });

  it.each([
    ["--compare-versions", "environment-not-in-version", "configuration"],
    ["sha256sum --check", "package-changed", "fatal"],
    ["dpkg -i", "install-failed", "test"],
  ])("tells a failing %s apart: %s", async (step, reason, kind) => {
    // The script's own exit code of that step, as a server would end with.
    const machine = fakeMachine(node, (said) => {
      const line = said.split("\n").find((one) => one.includes(step));
      return line === undefined ? undefined : { code: Number(/\|\| exit (\d+)$/.exec(line)?.[1]), stderr: "no" };
    });
    const failure = await caught(installPackages([machine], { environment, packages }, recorded.ctx));
    expect(failure).toMatchObject({ reason, class: kind });
  });

  it("lets every server of the cell leave core dumps where evidence is looked for", async () => {
    const storage = fakeMachine(fakeServer("storage", "storage"));
    await installPackages([fakeMachine(node), storage], { environment, packages }, recorded.ctx);
    const said = storage.commands.map(({ command }) => command).join("\n");
    expect(said).toContain("'/var/lib/edgecert/cores/%e.%p.core' > /proc/sys/kernel/core_pattern");
    expect(said).not.toContain("dpkg -i");
  });

  it("names a package that a role needs and nobody built", async () => {
    const none = { os: "debian-12", packages: [] };
    const failure = await caught(
      installPackages([fakeMachine(node)], { environment: kvmSsh, packages: none }, recorded.ctx),
    );
    expect(failure.reason).toBe("package-missing");
    expect(failure.detail).toContain("edgeprobe");
  });
});

describe("the preparation", () => {
  it("gives all roles the same new key, by standard input only", async () => {
    const machines = [fakeMachine(frontend), fakeMachine(node)];
    await prepareEnvironment(machines, kvmSsh, recorded.ctx);
    const inputs = machines.map(
      ({ commands }) => commands.find(({ command }) => command.includes("/psk"))?.input ?? "",
    );
    const keys = inputs.map((input) => input.slice(-45));
    expect(keys[0]).toMatch(/^[A-Za-z0-9+/=]{44}\n$/);
    expect(keys[1]).toBe(keys[0]);
    const said = machines.flatMap(({ commands }) => commands.map(({ command }) => command)).join("\n");
    expect(said + JSON.stringify(recorded)).not.toContain(keys[0]?.trim());

    const again = fakeMachine(frontend);
    await prepareEnvironment([again], kvmSsh, recorded.ctx);
    expect(again.commands.map(({ input }) => input?.slice(-45))).not.toContain(keys[0]);
  });

  it("ends with what was seen when a proof does not hold: that is no failed test", async () => {
    const broken = fakeMachine(node, (command) =>
      command.includes("/dev/kvm") ? { code: 1, stderr: "No such device" } : undefined,
    );
    const failure = await caught(proveEnvironment([fakeMachine(frontend), broken], kvmSsh, recorded.ctx));
    expect(failure).toMatchObject({ reason: "environment-not-proved", class: "fatal" });
    expect(failure.detail).toMatch(/node1[\s\S]*No such device/);
  });
});

describe("evidence", () => {
  const journal = "/var/lib/edgecert/evidence/journal.txt";
  const evidenceOf = () =>
    recorded.events.flatMap(({ body, host }) => (body.type === "evidence" ? [{ ...body.data, host }] : []));
  const request = (path: string | null = null) => ({ environment: kvmSsh, consoleOf: () => path });

  it("is kept of every server, bound by its digest, below the attempt's folder", async () => {
    const path = join(root, "console.log");
    writeFileSync(path, "booting\n");
    const text = Buffer.from("one line\n");
    const machines = [frontend, node].map((server) => fakeMachine(server, () => undefined, { [journal]: text }));
    await gatherEvidence(machines, request(path), recorded.ctx);
    expect(evidenceOf().map(({ kind, host }) => [kind, host])).toEqual([
      ["console", "frontend"],
      ["journal", "frontend"],
      ["console", "node1"],
      ["journal", "node1"],
    ]);
    for (const { file } of evidenceOf()) {
      const kept = readFileSync(join(recorded.ctx.folder, file.path));
      expect(createHash("sha256").update(kept).digest("hex")).toBe(file.sha256);
      expect(file.path).toMatch(/^nodes\/[^/]+\/1\/evidence\/(frontend|node1)\//);
    }
  });

  it("asks nothing of a server that has died", async () => {
    const path = join(root, "console.log");
    writeFileSync(path, "Kernel panic\n");
    const dead = fakeMachine(node, () => new Error("nobody answers"));
    await gatherEvidence([dead], { ...request(path), isGone: async () => true }, recorded.ctx);
    expect(evidenceOf().map(({ kind }) => kind)).toEqual(["console"]);
    expect(dead.commands).toEqual([]);
  });

  it("keeps the end of what is too long, and says that it was cut", async () => {
    const long = Buffer.concat([Buffer.alloc(evidenceLimits.file, "a"), Buffer.from("the end")]);
    const path = join(root, "console.log");
    writeFileSync(path, long);
    await gatherEvidence([fakeMachine(node, () => undefined, { [journal]: long })], request(path), recorded.ctx);
    for (const { file, truncated } of evidenceOf()) {
      expect([file.bytes, truncated]).toEqual([evidenceLimits.file, true]);
      expect(readFileSync(join(recorded.ctx.folder, file.path)).subarray(-7).toString()).toBe("the end");
    }
    expect(evidenceOf()).toHaveLength(2);
  });

  it("stays below the limit of a cell", async () => {
    const files = Object.fromEntries(
      Array.from({ length: 15 }, (_, number) => [`/var/log/many/${number}`, Buffer.alloc(evidenceLimits.file, "x")]),
    );
    const answer = (command: string) =>
      command.startsWith("for f in") ? { stdout: `${Object.keys(files).join("\n")}\n` } : undefined;
    await gatherEvidence([fakeMachine(node, answer, files)], request(), recorded.ctx);
    expect(evidenceOf().reduce((sum, { file }) => sum + file.bytes, 0)).toBe(evidenceLimits.cell);
    expect(recorded.notes.join()).toContain("enough evidence");
  });

  it("holds what a suite left that went past its time limit, and after a cancel only the console", async () => {
    const path = join(root, "console.log");
    writeFileSync(path, "booting\n");
    const failure = { reason: "stall", class: "transient", title: "t", detail: "d", next: "n" } as const;
    const partial = "/var/lib/edgecert/results/system/rspec.json";
    const answer = (command: string) =>
      command.startsWith("for f in") && command.includes("/results/*/*") ? { stdout: `${partial}\n` } : undefined;
    for (const [reason, kinds] of [
      [new FailureError(failure), ["console", "journal", "log"]],
      [new Error("the run was cancelled"), ["console"]],
    ] as const) {
      const stopped = recordedContext({ root, signal: AbortSignal.abort(reason) });
      const files = { [journal]: Buffer.from("line\n"), [partial]: Buffer.from("{") };
      await gatherEvidence([fakeMachine(node, answer, files)], request(path), stopped.ctx);
      expect(stopped.events.map(({ body }) => body.type === "evidence" && body.data.kind)).toEqual(kinds);
    }
  });

  it("holds the core dump of a process that crashed, packed", async () => {
    const name = "edgeprobe-agent.711.core";
    const packed = `/var/lib/edgecert/evidence/${name}.gz`;
    const core = Buffer.from("a packed core dump");
    const answer = (command: string) => {
      if (command.startsWith("find ")) return { stdout: `${name}\n` };
      return command.startsWith("stat ") ? { stdout: `${core.length}\n` } : undefined;
    };
    const machine = fakeMachine(node, answer, { [packed]: core });
    await gatherEvidence([machine], request(), recorded.ctx);
    expect(machine.commands.some(({ command }) => command.includes(`cores/${name}' > '${packed}'`))).toBe(true);
    expect(evidenceOf()).toMatchObject([{ kind: "core", host: "node1", truncated: false }]);
    expect(readFileSync(join(recorded.ctx.folder, evidenceOf()[0]?.file.path ?? ""))).toEqual(core);
  });

  it("leaves a core dump out that would not be kept whole, and says so", async () => {
    const answer = (command: string) => {
      if (command.startsWith("find ")) return { stdout: "large.7.core\n" };
      return command.startsWith("stat ") ? { stdout: `${evidenceLimits.core + 1}\n` } : undefined;
    };
    await gatherEvidence([fakeMachine(node, answer)], request(), recorded.ctx);
    expect(evidenceOf()).toEqual([]);
    expect(recorded.notes.join()).toContain("large.7.core");
  });

  it("turns a hostile name into a plain file name", async () => {
    const name = "/var/log/../../etc/..$(reboot)/x y";
    const answer = (command: string) => (command.startsWith("for f in") ? { stdout: `${name}\n` } : undefined);
    await gatherEvidence([fakeMachine(node, answer, { [name]: Buffer.from("x") })], request(), recorded.ctx);
    expect(evidenceOf().map(({ file }) => file.path.split("/evidence/")[1])).toEqual([
      "node1/var_log_.._.._etc_..__reboot__x_y",
    ]);
  });

  it("keeps the console of a server that does not answer, and never fails", async () => {
    const path = join(root, "console.log");
    writeFileSync(path, "Kernel panic\n");
    await gatherEvidence([fakeMachine(node, () => new Error("unreachable"))], request(path), recorded.ctx);
    expect(evidenceOf().map(({ kind }) => kind)).toEqual(["console"]);
    expect(recorded.notes.join()).toContain("unreachable");
  });

  it("takes only what is local after an abort", async () => {
    recorded = recordedContext({ root, signal: AbortSignal.abort() });
    const machine = fakeMachine(node);
    await gatherEvidence([machine], request(), recorded.ctx);
    expect(machine.commands).toEqual([]);
  });
});
