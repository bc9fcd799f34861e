import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SshAddress } from "../../../infra/providers/provider.ts";
import { connect } from "../../../infra/ssh/connect.ts";
import { followJob, startJob } from "../../../infra/ssh/job.ts";
import { bootIdOf, waitForSsh } from "../../../infra/ssh/readiness.ts";
import { unavailable } from "../../unavailable.ts";
import { type CuttingProxy, cuttingProxy } from "./cutting-proxy.ts";
import { type OpenSshServer, openSshServer } from "./open-ssh-server.ts";
import { sshdProgram } from "./sshd-program.ts";
import { errorOf } from "./suite.ts";

let folder: string;
let server: OpenSshServer;
let hung: OpenSshServer;
/** How a command ends whose machine hangs without a word, begun before everything else because it takes a minute. */
let silence: Promise<{ readonly failure: unknown; readonly seconds: number }>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "edgecert-outage-"));
  const program = await sshdProgram(folder);
  [server, hung] = await Promise.all([openSshServer(program), openSshServer(program)]);
  const began = Date.now();
  const connection = await connect(hung.address);
  const up = Promise.withResolvers<void>();
  const running = connection.run("echo up; sleep 1000", { onLine: () => up.resolve(), timeoutMs: 600_000 });
  silence = errorOf(running).then((failure) => ({ failure, seconds: (Date.now() - began) / 1000 }));
  await up.promise;
  await hung.freeze();
});
afterAll(async () => {
  await Promise.all([server.stop(), hung.stop()]);
  await rm(folder, { recursive: true, force: true });
});

/** A command that leaves a line each time that it is run. */
function counted(name: string): { readonly command: string; runs(): Promise<number> } {
  const file = join(folder, name);
  const lines = async (): Promise<number> => (await readFile(file, "utf8").catch(() => "")).split("\n").length - 1;
  return { command: `echo run >>${file}`, runs: lines };
}

describe("commands", () => {
  test("one that was begun when the server was killed is lost, and never runs twice", async () => {
    const connection = await connect(server.address);
    const { command, runs } = counted("begun");
    const running = connection.run(`${command}; echo up; sleep 1000`, { onLine: () => void server.kill() });
    expect(await errorOf(running)).toMatchObject({ failure: { reason: "ssh-connection-lost", class: "transient" } });
    await server.restart();
    expect(await connection.run("echo back")).toMatchObject({ stdout: "back\n" });
    expect(await runs()).toBe(1);
    connection.close();
  });

  test("one that was not begun waits for the server to come back, and runs once", async () => {
    const connection = await connect(server.address);
    await server.kill();
    const { command, runs } = counted("waiting");
    const running = connection.must(command);
    await server.restart();
    await running;
    expect(await runs()).toBe(1);
    connection.close();
  });

  test("one that was sent to a frozen server, which then dies, was not begun and runs once on the next", async () => {
    const connection = await connect(server.address);
    await connection.must("true");
    await server.freeze();
    const { command, runs } = counted("frozen");
    const running = connection.must(command);
    // Because the request must be on its way, in the sockets of the frozen server, before that dies.
    await pause(200);
    await server.restart();
    await running;
    expect(await runs()).toBe(1);
    connection.close();
  });

  test("patience ends: a server that stays away is unreachable", async () => {
    const connection = await connect(server.address, { patienceMs: 300 });
    await server.kill();
    const failure = await errorOf(connection.run("true"));
    expect(failure).toMatchObject({ failure: { reason: "ssh-unreachable", class: "transient" } });
    const late = await errorOf((await connectTo(connection.address)).run("true", { timeoutMs: 300 }));
    expect(late).toMatchObject({ failure: { reason: "command-deadline" } });
    connection.close();
  });

  /** A connection whose server is away: killed at once after the login. */
  async function connectTo(address: SshAddress) {
    await server.restart();
    const connection = await connect(address);
    await server.kill();
    return connection;
  }

  test("a deadline ends a command on a frozen server, and the connection lives on when that thaws", async () => {
    await server.restart();
    const connection = await connect(server.address);
    const up = Promise.withResolvers<void>();
    const running = connection.run("echo up; sleep 1000", { timeoutMs: 2000, onLine: () => up.resolve() });
    await up.promise;
    await server.freeze();
    expect(await errorOf(running)).toMatchObject({ failure: { reason: "command-deadline" } });
    await server.thaw();
    expect(await connection.run("echo on")).toMatchObject({ stdout: "on\n" });
    connection.close();
  });

  test("a machine that comes back with another host key is refused, naming both fingerprints", async () => {
    const connection = await connect(server.address);
    const hostKey = await readFile(join(server.folder, "host"));
    await server.restart("new host key");
    const failure = await errorOf(connection.run("true"));
    expect(failure).toMatchObject({ failure: { reason: "ssh-host-key-changed", class: "fatal" } });
    expect(String(failure).match(/ssh-ed25519 SHA256:[A-Za-z0-9+/]{43}/g)).toHaveLength(2);
    expect(await errorOf(waitForSsh(server.address, { timeoutMs: 20_000 }))).toMatchObject({
      failure: { reason: "ssh-host-key-changed" },
    });
    await writeFile(join(server.folder, "host"), hostKey, { mode: 0o600 });
    await server.restart();
    connection.close();
  });

  test("a machine that has not gone down yet is not back from its reboot", async () => {
    const connection = await connect(server.address);
    const bootIdBefore = await bootIdOf(connection);
    const waiting = await errorOf(waitForSsh(server.address, { timeoutMs: 1500, bootIdBefore }));
    expect(waiting).toMatchObject({ failure: { reason: "ssh-unreachable" } });
    expect(String(waiting)).toContain("has not gone down yet");
    (await waitForSsh(server.address, { timeoutMs: 15_000, bootIdBefore: "another" })).close();
    connection.close();
  });
});

describe("jobs", () => {
  test("one goes on while the server is killed, frozen and started again, each line seen once", async () => {
    const connection = await connect(server.address);
    const root = join(server.folder, "jobs");
    const gate = join(server.folder, "gate");
    const command = `for i in 1 2 3 4; do echo "line $i"; until [ -e ${gate}.$i ]; do sleep 0.02; done; done; exit 9`;
    await startJob(connection, { name: "steady", command }, { root });
    const seen: string[] = [];
    const events = [
      () => server.restart(),
      async () => {
        await server.freeze();
        await server.restart();
      },
      async () => server.drop(),
      async () => undefined,
    ];
    let pending = Promise.resolve();
    const onLine = (line: string): void => {
      seen.push(line);
      const number = seen.length;
      pending = pending.then(async () => {
        await events[number - 1]?.();
        await appendFile(`${gate}.${number}`, "");
      });
    };
    const end = await followJob(connection, "steady", { root, onLine, timeoutMs: 120_000 });
    await pending;
    expect(seen).toEqual(["line 1", "line 2", "line 3", "line 4"]);
    expect(end).toMatchObject({ code: 9, ending: "exited" });
    connection.close();
  });
});

test("a job whose log fills the disk ends unknown, not with a code that was only half written", async (context) => {
  if (userInfo().uid !== 0) return context.skip(unavailable.mounts);
  const root = join(server.folder, "full-jobs");
  await mkdir(root);
  const connection = await connect(server.address);
  await connection.must(`mount -t tmpfs -o size=512k tmpfs ${root}`);
  try {
    await startJob(connection, { name: "loud", command: "head -c 2M /dev/zero; exit 3" }, { root });
    expect(await followJob(connection, "loud", { root })).toMatchObject({ code: null, ending: "vanished" });
  } finally {
    await connection.run(`umount -l ${root}`);
    connection.close();
  }
});

describe("transfers", () => {
  const bytes = 100_000_000;
  let proxy: CuttingProxy;
  let address: SshAddress;
  let content: Buffer;
  let local: string;

  beforeAll(async () => {
    proxy = await cuttingProxy();
    address = { ...server.address, proxy: `http://127.0.0.1:${proxy.port}` };
    content = randomBytes(bytes);
    local = join(folder, "content", "big");
    await mkdir(join(folder, "content"));
    await writeFile(local, content);
  });
  afterAll(() => proxy.stop());

  test("a file that is cut twice on its way up goes on where it was cut, and is whole", async () => {
    const connection = await connect(address);
    const remote = join(server.folder, "up");
    const before = proxy.passed().up;
    proxy.cutAfter(bytes * 0.4);
    const sending = connection.upload(local, remote);
    await expect.poll(proxy.cuts, { timeout: 60_000 }).toBe(1);
    expect(await readdir(remote)).not.toContain("big");
    proxy.cutAfter(bytes * 0.3);
    await sending;
    expect(proxy.cuts()).toBe(2);
    expect((await readFile(join(remote, "big"))).equals(content)).toBe(true);
    expect(await readdir(remote)).toEqual(["big"]);
    // Because what was still in the sockets is sent again: at most that, not the file.
    expect(proxy.passed().up - before).toBeLessThan(bytes * 1.2);
    connection.close();
  });

  test("a file that is cut on its way down goes on where it was cut, and is whole", async () => {
    const connection = await connect(address);
    const back = join(folder, "back", "big");
    const before = proxy.passed().down;
    const cuts = proxy.cuts();
    proxy.cutAfter(bytes * 0.6);
    await connection.download(local, back);
    expect(proxy.cuts()).toBe(cuts + 1);
    expect((await readFile(back)).equals(content)).toBe(true);
    expect(await readdir(join(folder, "back"))).toEqual(["big"]);
    expect(proxy.passed().down - before).toBeLessThan(bytes * 1.2);
    connection.close();
  });

  test("a folder that is cut starts again, and is seen only when it is whole", async () => {
    const connection = await connect(address);
    const remote = join(server.folder, "folder");
    const cuts = proxy.cuts();
    proxy.cutAfter(bytes * 0.5);
    const sending = connection.upload(join(folder, "content"), remote);
    await expect.poll(proxy.cuts, { timeout: 60_000 }).toBe(cuts + 1);
    expect(await stat(remote).catch(({ code }) => code)).toBe("ENOENT");
    await sending;
    expect((await readFile(join(remote, "big"))).equals(content)).toBe(true);
    connection.close();
  });

  test("a server that is killed and started again in the middle of a transfer costs no transfer", async () => {
    const connection = await connect(server.address);
    const remote = join(server.folder, "killed");
    const sending = connection.upload(local, remote);
    await expect.poll(() => readdir(remote).catch(() => []), { interval: 5, timeout: 60_000 }).toHaveLength(1);
    await server.restart();
    await sending;
    expect((await readFile(join(remote, "big"))).equals(content)).toBe(true);
    connection.close();
  });

  test("what is cancelled leaves nothing under the name, and the old file stays", async () => {
    const connection = await connect(server.address);
    const remote = join(server.folder, "old");
    await mkdir(remote);
    await writeFile(join(remote, "big"), "old");
    const abort = new AbortController();
    const sending = connection.upload(local, remote, { signal: abort.signal });
    await expect.poll(() => readdir(remote), { interval: 5, timeout: 60_000 }).toHaveLength(2);
    abort.abort();
    expect(await errorOf(sending)).toMatchObject({ failure: { class: "cancelled" } });
    expect(await readFile(join(remote, "big"), "utf8")).toBe("old");
    connection.close();
  });

  test("a folder over an existing one replaces files, keeps the others, and merges below", async () => {
    const connection = await connect(server.address);
    const source = join(folder, "source");
    const remote = join(server.folder, "merged");
    await mkdir(join(source, "both", ".deep"), { recursive: true });
    await mkdir(join(source, "new dir"));
    await mkdir(join(remote, "both"), { recursive: true });
    await writeFile(join(source, ".hidden"), "new");
    await writeFile(join(source, "both", "it's"), "new");
    await writeFile(join(source, "both", ".deep", "file"), "new");
    await writeFile(join(source, "new dir", "file"), "new");
    await writeFile(join(remote, "both", "it's"), "old");
    await writeFile(join(remote, "both", "kept"), "old");
    await connection.upload(source, `${remote}/`);
    const text = (...path: string[]) => readFile(join(remote, ...path), "utf8");
    expect(
      await Promise.all([
        text(".hidden"),
        text("both", "it's"),
        text("both", ".deep", "file"),
        text("new dir", "file"),
        text("both", "kept"),
      ]),
    ).toEqual(["new", "new", "new", "new", "old"]);
    expect((await readdir(remote)).sort()).toEqual([".hidden", "both", "new dir"]);
    connection.close();
  });

  test("a full disk is its own failure at either end, naming the path and the free bytes", async (context) => {
    if (userInfo().uid !== 0) return context.skip(unavailable.mounts);
    const near = join(folder, "near");
    const far = join(server.folder, "far");
    const mount = "mount -t tmpfs -o size=4m tmpfs";
    await Promise.all([mkdir(near), mkdir(far)]);
    const connection = await connect(server.address);
    execFileSync("sh", ["-c", `${mount} ${near}`]);
    // Because the server may live in a mount namespace of its own.
    await connection.must(`${mount} ${far}; echo kept >${far}/kept`);
    try {
      const full = async (transfer: Promise<unknown>, place: string): Promise<void> => {
        const failure = await errorOf(transfer);
        expect(failure).toMatchObject({ failure: { reason: "transfer-disk-full", class: "fatal" } });
        expect(String(failure)).toMatch(/\b\d+ bytes are free/);
        expect(String(failure)).toContain(place);
      };
      await full(connection.upload(local, far), far);
      await full(connection.upload(join(folder, "content"), join(far, "deep")), far);
      await full(connection.download(local, join(near, "back")), near);
      expect(await connection.must(`ls -A ${far}`)).toMatchObject({ stdout: "kept\n" });
      expect(await readdir(near)).toEqual([]);
    } finally {
      await connection.run(`umount ${far}`);
      connection.close();
      execFileSync("umount", [near]);
    }
  });

  test("a disk that fills while a file arrives is told as full, not as a file that came short", async (context) => {
    if (userInfo().uid !== 0) return context.skip(unavailable.mounts);
    const far = join(server.folder, "filling");
    await mkdir(far);
    const connection = await connect(server.address);
    await connection.must(`mount -t tmpfs -o size=120m tmpfs ${far}`);
    try {
      const sending = errorOf(connection.upload(local, far));
      await connection.must(`until ls ${far}/.*.part; do sleep 0.01; done; head -c 60M /dev/zero >${far}/other`);
      expect(await sending).toMatchObject({ failure: { reason: "transfer-disk-full" } });
    } finally {
      await connection.run(`umount ${far}`);
      connection.close();
    }
  });
});

test("a machine that says nothing for a minute is lost", async () => {
  const { failure, seconds } = await silence;
  expect(failure).toMatchObject({ failure: { reason: "ssh-connection-lost", class: "transient" } });
  expect(String(failure)).toContain("nothing was heard for a minute");
  expect(seconds).toBeGreaterThan(55);
  expect(seconds).toBeLessThan(100);
});
