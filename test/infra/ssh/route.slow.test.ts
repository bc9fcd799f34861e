import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { SshAddress } from "../../../infra/providers/provider.ts";
import { connect } from "../../../infra/ssh/connect.ts";
import { connectionPool } from "../../../infra/ssh/pool.ts";
import { waitForSsh } from "../../../infra/ssh/readiness.ts";
import { type CuttingProxy, cuttingProxy } from "./cutting-proxy.ts";
import { type OpenSshServer, openSshServer } from "./open-ssh-server.ts";
import { sshdProgram } from "./sshd-program.ts";
import { errorOf } from "./suite.ts";

let folder: string;
let target: OpenSshServer;
let jumps: [OpenSshServer, OpenSshServer];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "edgecert-route-"));
  const program = await sshdProgram(folder);
  target = await openSshServer(program);
  jumps = [await openSshServer(program), await openSshServer(program, ["AllowTcpForwarding local"])];
});
afterAll(async () => {
  await Promise.all([target, ...jumps].map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** Logs in and shows that commands run at the other end of the way. */
async function speak(address: SshAddress): Promise<string> {
  const connection = await connect(address);
  try {
    return (await connection.must("echo $HOME")).stdout.trim();
  } finally {
    connection.close();
  }
}

/** The address without what says how to log in. */
function bare({ host, port, user, hostKey }: OpenSshServer["address"]) {
  return { host, port, user, hostKey };
}

describe("jump hosts", () => {
  const chain = (): SshAddress => ({ ...target.address, jumps: jumps.map(({ address }) => address) });

  //   us --> jumps[0] --> jumps[1] --> target
  test("a chain of two reaches the target, and each of them saw the login it should", async () => {
    expect(await speak(chain())).toBe(target.folder);
    const port = /Accepted publickey .* port (\d+)/g;
    for (const server of [...jumps, target]) expect(await readFile(join(server.folder, "log"), "utf8")).toMatch(port);
    (await waitForSsh(chain(), { timeoutMs: 15_000 })).close();
  });

  test("a wrong host key is refused on every machine of the way, by its own name", async () => {
    for (const wrong of [0, 1]) {
      const changed = jumps.map(({ address }, index) =>
        index === wrong ? { ...address, hostKey: target.address.hostKey } : address,
      );
      const failure = await errorOf(connect({ ...target.address, jumps: changed }));
      expect(failure).toMatchObject({ failure: { reason: "ssh-host-key-changed" } });
      expect(String(failure)).toContain(`:${jumps[wrong]?.address.port} shows`);
    }
    const last = await errorOf(connect({ ...chain(), hostKey: jumps[0].address.hostKey }));
    expect(String(last)).toContain(`:${target.address.port} shows`);
  });

  test("a jump host that passes nothing on, and a target that is away, are told apart", async () => {
    const closed = await errorOf(connect({ ...chain(), port: 1 }));
    expect(closed).toMatchObject({ failure: { reason: "ssh-unreachable", class: "transient" } });
    expect(String(closed)).toContain(`through ${jumps[1].address.user}@127.0.0.1:${jumps[1].address.port}`);
    const program = await sshdProgram(folder);
    const wall = await openSshServer(program, ["AllowTcpForwarding no"]);
    try {
      const failure = await errorOf(connect({ ...target.address, jumps: [wall.address] }));
      expect(failure).toMatchObject({ failure: { reason: "ssh-jump-refused", class: "configuration" } });
    } finally {
      await wall.stop();
    }
  });

  test("a jump host that dies fails what was begun, and the next command takes the way anew", async () => {
    const connection = await connect(chain());
    const running = connection.run("echo up; sleep 1000", { onLine: () => jumps[0].drop() });
    expect(await errorOf(running)).toMatchObject({ failure: { reason: "ssh-connection-lost" } });
    expect(await connection.run("echo back")).toMatchObject({ code: 0, stdout: "back\n" });
    connection.close();
  });

  test("a pool tells ways apart that end at the same machine", async () => {
    const pool = connectionPool();
    const [direct, jumped, again] = await Promise.all([
      pool.get(target.address),
      pool.get(chain()),
      pool.get(JSON.parse(JSON.stringify(chain()))),
    ]);
    expect(jumped).toBe(again);
    expect(jumped).not.toBe(direct);
    pool.close();
  });
});

describe("keys", () => {
  const passphrase = "correct horse battery";
  const keygen = (name: string, ...words: string[]): string => {
    const path = join(folder, name);
    execFileSync("ssh-keygen", ["-q", "-f", path, "-C", name, ...words]);
    return path;
  };
  const admit = async (path: string): Promise<void> =>
    appendFile(join(target.folder, "authorized"), await readFile(`${path}.pub`));

  test.each([
    ["ed25519", ["-t", "ed25519", "-N", ""]],
    ["ecdsa", ["-t", "ecdsa", "-b", "384", "-N", ""]],
    ["rsa-openssh", ["-t", "rsa", "-b", "3072", "-N", ""]],
    ["rsa-pem", ["-t", "rsa", "-b", "3072", "-N", "", "-m", "PEM"]],
    ["rsa-pkcs8", ["-t", "rsa", "-b", "3072", "-N", "", "-m", "PKCS8"]],
    ["ecdsa-pkcs8-locked", ["-t", "ecdsa", "-N", passphrase, "-m", "PKCS8"]],
    ["ed25519-locked", ["-t", "ed25519", "-N", passphrase]],
    ["rsa-pem-locked", ["-t", "rsa", "-b", "3072", "-N", passphrase, "-m", "PEM"]],
  ])("a key file logs in: %s", async (name, words) => {
    const privateKeyPath = keygen(name, ...words);
    await admit(privateKeyPath);
    vi.stubEnv("EDGECERT_TEST_PASSPHRASE", passphrase);
    const locked = name.endsWith("locked");
    const address = { ...bare(target.address), privateKeyPath };
    expect(await speak(locked ? { ...address, passphrase: { env: "EDGECERT_TEST_PASSPHRASE" } } : address)).toBe(
      target.folder,
    );
  });

  test("a passphrase comes from a file or a command; a wrong or missing one is told without it", async () => {
    const privateKeyPath = keygen("locked", "-t", "ed25519", "-N", passphrase);
    await admit(privateKeyPath);
    const secret = join(folder, "passphrase");
    await writeFile(secret, `${passphrase}\n`, { mode: 0o600 });
    const address = { ...bare(target.address), privateKeyPath };
    expect(await speak({ ...address, passphrase: { file: secret } })).toBe(target.folder);
    expect(await speak({ ...address, passphrase: { command: ["cat", secret] } })).toBe(target.folder);
    vi.stubEnv("EDGECERT_TEST_PASSPHRASE", "wrong horse");
    for (const wrong of [
      { passphrase: { env: "EDGECERT_TEST_PASSPHRASE" } },
      { passphrase: { env: "EDGECERT_TEST_NOTHING" } },
      { passphrase: { command: ["sh", "-c", `cat ${secret}; exit 1`] as const } },
      {},
    ]) {
      const failure = await errorOf(connect({ ...address, ...wrong }));
      expect(failure).toMatchObject({ failure: { reason: "ssh-private-key" } });
      expect(JSON.stringify(failure) + String(failure)).not.toMatch(/horse/);
    }
  });

  test("an agent's key logs in; an agent without it, a dead one and none are told", async () => {
    const socket = join(folder, "agent");
    const agent: ChildProcess = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
    const env = { ...process.env, SSH_AUTH_SOCK: socket };
    const add = (...words: string[]): void => void execFileSync("ssh-add", ["-q", ...words], { env, stdio: "ignore" });
    try {
      await expect.poll(() => readFile(socket).catch(({ code }) => code)).toBe("ENXIO");
      vi.stubEnv("SSH_AUTH_SOCK", socket);
      expect(await errorOf(connect(bare(target.address)))).toMatchObject({ failure: { reason: "ssh-authentication" } });
      add(target.address.privateKeyPath);
      expect(await speak(bare(target.address))).toBe(target.folder);
    } finally {
      agent.kill();
    }
    vi.stubEnv("SSH_AUTH_SOCK", join(folder, "nobody"));
    expect(await errorOf(connect(bare(target.address)))).toMatchObject({ failure: { reason: "ssh-agent" } });
    vi.stubEnv("SSH_AUTH_SOCK", "");
    expect(await errorOf(connect(bare(target.address)))).toMatchObject({ failure: { reason: "ssh-agent" } });
  });

  test("known_hosts lets in a machine that it knows, hashed and with its port, and no other", async () => {
    const known = join(folder, "known_hosts");
    const { host, port, user, privateKeyPath, hostKey } = target.address;
    await writeFile(known, `[${host}]:${port} ${hostKey}\n`);
    execFileSync("ssh-keygen", ["-q", "-H", "-f", known], { stdio: "ignore" });
    expect(await readFile(known, "utf8")).not.toContain(host);
    const address = { host, port, user, privateKeyPath, knownHosts: [known] };
    expect(await speak(address)).toBe(target.folder);
    const stranger = await errorOf(connect({ ...address, port: jumps[0].address.port }));
    expect(stranger).toMatchObject({ failure: { reason: "ssh-host-key-unknown" } });
    await appendFile(known, `@revoked * ${hostKey}\n`);
    expect(await errorOf(connect(address))).toMatchObject({ failure: { reason: "ssh-host-key-revoked" } });
  });
});

describe("proxies", () => {
  const proxies: CuttingProxy[] = [];
  const start = async (credentials?: { user: string; password: string }): Promise<CuttingProxy> => {
    const proxy = await cuttingProxy(credentials);
    proxies.push(proxy);
    return proxy;
  };
  afterEach(async () => {
    await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
  });

  test.each(["socks5", "http"])("%s, open and with credentials, in front of a jump host too", async (kind) => {
    const open = await start();
    const proxy = `${kind}://127.0.0.1:${open.port}`;
    expect(await speak({ ...target.address, host: "localhost", proxy })).toBe(target.folder);
    expect(open.targets()).toEqual([`localhost:${target.address.port}`]);
    expect(await speak({ ...target.address, jumps: [jumps[0].address], proxy })).toBe(target.folder);
    expect(open.targets()[1]).toBe(`127.0.0.1:${jumps[0].address.port}`);
    (await waitForSsh({ ...target.address, proxy }, { timeoutMs: 15_000 })).close();

    const closed = await start({ user: "edge", password: "s3cret word" });
    const guarded = { ...target.address, proxy: `${kind}://127.0.0.1:${closed.port}` };
    expect(await errorOf(connect(guarded))).toMatchObject({ failure: { reason: "ssh-proxy" } });
    vi.stubEnv("EDGECERT_SSH_PROXY_USER", "edge");
    vi.stubEnv("EDGECERT_SSH_PROXY_PASSWORD", "wrong word");
    const refused = await errorOf(connect(guarded));
    expect(refused).toMatchObject({ failure: { reason: "ssh-proxy" } });
    expect(String(refused)).not.toContain("wrong word");
    vi.stubEnv("EDGECERT_SSH_PROXY_PASSWORD", "s3cret word");
    expect(await speak(guarded)).toBe(target.folder);
  });

  test("a proxy that is away, silent or misnamed ends in time", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const bound = silent.address();
    const port = typeof bound === "object" ? bound?.port : undefined;
    const reason = async (proxy: string) => errorOf(connect({ ...target.address, proxy }, { timeoutMs: 500 }));
    for (const kind of ["socks5", "http"]) {
      const failure = await reason(`${kind}://127.0.0.1:${port}`);
      expect(failure).toMatchObject({ failure: { reason: "ssh-unreachable" } });
      expect(String(failure)).toContain("after 500 ms");
    }
    silent.close();
    expect(await reason("socks5://127.0.0.1:1")).toMatchObject({ failure: { reason: "ssh-unreachable" } });
    expect(await reason(`http://127.0.0.1:${target.address.port}`)).toMatchObject({
      failure: { reason: expect.stringMatching(/^ssh-(proxy|unreachable)$/) },
    });
    for (const wrong of ["ftp://127.0.0.1:1", "http://127.0.0.1", "socks5://me:hidden@127.0.0.1:1080"]) {
      const failure = await reason(wrong);
      expect(failure).toMatchObject({ failure: { reason: "ssh-proxy", class: "configuration" } });
      expect(String(failure)).not.toContain("hidden");
    }
  });
});
