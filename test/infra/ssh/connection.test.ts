import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { makeSshKeyPair } from "../../../infra/hosts/ssh-key-pair.ts";
import { connect } from "../../../infra/ssh/connect.ts";
import { connectionPool } from "../../../infra/ssh/pool.ts";
import { waitForSsh } from "../../../infra/ssh/readiness.ts";
import { type ShellServer, type ShellServerOptions, shellServer } from "./shell-server.ts";
import { errorOf, sshSuite } from "./suite.ts";

describe("against the server of this process", () => {
  let server: ShellServer;
  beforeAll(async () => {
    server = await shellServer({ maxSessions: 10 });
  });
  afterAll(() => server.stop());
  sshSuite(() => server);
});

describe("a server with a mind of its own", () => {
  const started: ShellServer[] = [];
  const start = async (options?: ShellServerOptions): Promise<ShellServer> => {
    const server = await shellServer(options);
    started.push(server);
    return server;
  };
  afterEach(async () => {
    await Promise.all(started.splice(0).map((server) => server.stop()));
  });

  test("a session closed without an exit code is unknown, and no success for `must`", async () => {
    const connection = await connect((await start({ mute: "mumble" })).address);
    expect(await connection.run("mumble")).toMatchObject({ code: null, signal: null });
    const failure = await errorOf(connection.must("mumble"));
    expect(failure).toMatchObject({ failure: { reason: "command-unknown-end", class: "transient" } });
    connection.close();
  });

  test("a command that was sent, and may have begun, is never sent again", async () => {
    const server = await start({ swallow: "once-only" });
    const connection = await connect(server.address);
    const file = join(server.folder, "once-only");
    const failure = await errorOf(connection.run(`echo run >>${file}`));
    expect(failure).toMatchObject({ failure: { reason: "ssh-connection-lost", class: "transient" } });
    expect(await readFile(file, "utf8")).toBe("run\n");
    expect(server.logins()).toBe(1);
    connection.close();
  });

  test("at most eight sessions are open at once, and fewer where the server allows fewer", async () => {
    const server = await start();
    const connection = await connect(server.address);
    await Promise.all(Array.from({ length: 20 }, () => connection.run("sleep 0.05")));
    expect(server.busiest()).toBe(8);
    connection.close();
    const narrow = await start({ maxSessions: 3 });
    const patient = await connect(narrow.address);
    const results = await Promise.all(Array.from({ length: 12 }, () => patient.run("sleep 0.05")));
    expect(results.every(({ code }) => code === 0)).toBe(true);
    expect(narrow.busiest()).toBe(3);
    patient.close();
  });

  test("a pool logs in once per address, again after a loss, and does not remember a refusal", async () => {
    const server = await start();
    const pool = connectionPool();
    const [one, two] = await Promise.all([pool.get(server.address), pool.get({ ...server.address })]);
    expect(one).toBe(two);
    expect(server.logins()).toBe(1);
    server.drop();
    const again = await pool.get(server.address);
    await expect.poll(async () => (await again.run("echo ok").catch(() => undefined))?.stdout).toBe("ok\n");
    expect(server.logins()).toBe(2);
    const stranger = join(server.folder, "stranger");
    await writeFile(stranger, makeSshKeyPair("test").privateKey);
    const wrong = { ...server.address, privateKeyPath: stranger };
    expect(await errorOf(pool.get(wrong))).toMatchObject({ failure: { reason: "ssh-authentication" } });
    expect(await errorOf(pool.get(wrong))).toMatchObject({ failure: { reason: "ssh-authentication" } });
    pool.close();
    expect(await errorOf(again.run("true"))).toMatchObject({ failure: { reason: "ssh-connection-closed" } });
  });

  test("forty logins at once to one host all succeed", async () => {
    const server = await start();
    const connections = await Promise.all(Array.from({ length: 40 }, () => connect(server.address)));
    expect(server.logins()).toBe(40);
    for (const connection of connections) connection.close();
  });

  test("a missing key, an unreadable host key, a closed port and a silent server are different failures", async () => {
    const { address, folder } = await start();
    const reason = async (change: object): Promise<unknown> =>
      errorOf(connect({ ...address, ...change }, { timeoutMs: 300 }));
    const garbage = join(folder, "garbage");
    await writeFile(garbage, "no key");
    expect(await reason({ privateKeyPath: join(folder, "none") })).toMatchObject({
      failure: { reason: "ssh-private-key" },
    });
    expect(await reason({ privateKeyPath: garbage })).toMatchObject({ failure: { reason: "ssh-private-key" } });
    expect(await reason({ hostKey: "" })).toMatchObject({ failure: { reason: "ssh-host-key-unreadable" } });
    expect(await reason({ hostKey: "ssh-ed25519 AAAA" })).toMatchObject({
      failure: { reason: "ssh-host-key-unreadable" },
    });
    expect(await reason({ port: 1 })).toMatchObject({ failure: { reason: "ssh-unreachable", class: "transient" } });
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const bound = silent.address();
    const port = typeof bound === "object" ? bound?.port : undefined;
    expect(await reason({ port })).toMatchObject({ failure: { reason: "ssh-unreachable" } });
    const waiting = errorOf(waitForSsh({ ...address, port: port ?? 0 }, { timeoutMs: 300 }));
    expect(await waiting).toMatchObject({ failure: { reason: "ssh-unreachable" } });
    silent.close();
  });

  test("an aborted connect and a throwing listener end at once, and the process lives", async () => {
    const { address } = await start();
    const failure = errorOf(connect(address, { signal: AbortSignal.abort() }));
    expect(await failure).toMatchObject({ failure: { reason: "command-cancelled" } });
    const connection = await connect(address);
    const onLine = (): void => {
      throw new Error("listener broke");
    };
    expect(String(await errorOf(connection.run("echo x; sleep 1000", { onLine })))).toContain("listener broke");
    expect(await connection.run("echo alive")).toMatchObject({ stdout: "alive\n" });
    connection.close();
  });
});
