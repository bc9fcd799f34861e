import { spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isReachable, postgresAccount } from "../../../../pipelines/engine/postgres/account.ts";
import { postgresPlace } from "../../../../pipelines/engine/postgres/place.ts";
import { isAlive } from "../../../../pipelines/engine/postgres/process.ts";
import { openPostgres, type PostgresAddress } from "../../../../pipelines/engine/postgres/server.ts";
import { unavailable } from "../../../unavailable.ts";

const root = process.getuid?.() === 0;
let home: string;
let clients: Client[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "edgecert-postgres-"));
  // Because mkdtemp gives 0700, which sends root's database elsewhere: this one shall stay in its home.
  await chmod(home, 0o755);
  clients = [];
});

afterEach(async () => {
  await Promise.all(clients.map((client) => client.end().catch(() => {})));
  const pid = await postmaster();
  if (pid !== null) {
    const { server } = await openPostgres(home, async () => null);
    await server.release();
  }
  await rm(home, { recursive: true, force: true });
});

async function connect(address: PostgresAddress): Promise<Client> {
  const client = new Client({ ...address });
  client.on("error", () => {});
  clients.push(client);
  await client.connect();
  return client;
}

async function postmaster(): Promise<number | null> {
  const place = await postgresPlace(home, await postgresAccount());
  const pid = Number((await readFile(join(place.data, "postmaster.pid"), "utf8").catch(() => "")).split("\n")[0]);
  return pid > 0 && isAlive(pid) ? pid : null;
}

describe("our own Postgres", () => {
  it("starts, is adopted by the next, and stops with its last user", async () => {
    const first = await openPostgres(home, connect);
    expect(first.server.adopted).toBe(false);
    const pid = await postmaster();
    const second = await openPostgres(home, connect);
    expect(second.server.adopted).toBe(true);
    expect(await postmaster()).toBe(pid);
    await second.entered.end();
    await second.server.release();
    expect(await postmaster()).toBe(pid);
    await first.entered.end();
    await first.server.release();
    expect(await postmaster()).toBeNull();
  });

  it("runs as an ordinary user, on a socket that nobody else can reach, without TCP", async (context) => {
    if (!root) context.skip(unavailable.root);
    const { entered } = await openPostgres(home, connect);
    const account = await postgresAccount();
    const status = await readFile(`/proc/${await postmaster()}/status`, "utf8");
    expect(/^Uid:\t(\d+)/m.exec(status)?.[1]).toBe(String(account?.uid));
    const place = await postgresPlace(home, account);
    expect((await stat(place.sockets)).mode & 0o777).toBe(0o700);
    const { rows } = await entered.query("show listen_addresses");
    expect(rows).toEqual([{ listen_addresses: "" }]);
  });

  it("keeps what was committed when it and its user are killed", async () => {
    const first = await openPostgres(home, connect);
    await first.entered.query("create table kept (id integer); insert into kept values (7)");
    const pid = await postmaster();
    expect(pid).not.toBeNull();
    process.kill(Number(pid), "SIGKILL");
    await expect.poll(() => isAlive(Number(pid)), { timeout: 10_000 }).toBe(false);
    const second = await openPostgres(home, connect);
    expect((await second.entered.query("select id from kept")).rows).toEqual([{ id: 7 }]);
  });

  it("starts as soon as the last process of a killed server has gone", async () => {
    const first = await openPostgres(home, connect);
    const { rows } = await first.entered.query<{ pid: number }>("select pg_backend_pid() as pid");
    const session = rows[0]?.pid ?? 0;
    process.kill(session, "SIGSTOP");
    process.kill(Number(await postmaster()), "SIGKILL");
    const second = openPostgres(home, connect);
    const { log } = await postgresPlace(home, await postgresAccount());
    await expect.poll(() => readFile(log, "utf8"), { timeout: 30_000 }).toMatch(/FATAL/);
    process.kill(session, "SIGCONT");
    expect((await (await second).entered.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  it("starts beside a postmaster.pid that a crash of the machine left", async () => {
    const first = await openPostgres(home, async () => null);
    await first.server.release();
    const place = await postgresPlace(home, await postgresAccount());
    const gone = spawnSync(process.execPath, ["-e", "console.log(process.pid)"], { encoding: "utf8" }).stdout.trim();
    await writeFile(
      join(place.data, "postmaster.pid"),
      `${gone}\n${place.data}\n0\n5432\n${place.sockets}\n\n  0 0\nready\n`,
    );
    const second = await openPostgres(home, connect);
    expect(second.server.adopted).toBe(false);
    expect((await second.entered.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  it("takes over a lock that a killed process left", async () => {
    const place = await postgresPlace(home, await postgresAccount());
    const gone = spawnSync(process.execPath, ["-e", "console.log(process.pid)"], { encoding: "utf8" }).stdout.trim();
    await symlink(`${gone} 1 some-token`, place.lock);
    const { entered } = await openPostgres(home, connect);
    expect((await entered.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  it("says what is wrong with a folder that is not a database, and leaves it alone", async () => {
    const place = await postgresPlace(home, await postgresAccount());
    await mkdir(place.data);
    await writeFile(join(place.data, "note.txt"), "mine");
    await expect(openPostgres(home, connect)).rejects.toMatchObject({
      failure: { reason: expect.stringMatching(/^postgres-/), detail: expect.stringContaining(place.data) },
    });
    expect(await readFile(join(place.data, "note.txt"), "utf8")).toBe("mine");
    await rm(place.data, { recursive: true });
  });

  it("comes up for a home with a very long path, on a socket elsewhere", async () => {
    const deep = join(home, "x".repeat(120));
    const { server, entered } = await openPostgres(deep, connect);
    expect(server.address.host.length).toBeLessThan(90);
    await entered.end();
    await server.release();
    await rm(server.address.host, { recursive: true, force: true });
  });

  it("lives outside a home that its account may not enter", async (context) => {
    if (!root) context.skip(unavailable.root);
    const locked = join(home, "root-only");
    await mkdir(locked, { mode: 0o700 });
    const inner = join(locked, "edgecert");
    const account = await postgresAccount();
    expect(await isReachable(join(inner, "postgres"), account)).toBe(false);
    const place = await postgresPlace(inner, account);
    expect(place.folder).toMatch(/^\/var\/lib\/edgecert-[0-9a-f]{12}$/);
    const { server, entered } = await openPostgres(inner, connect);
    expect((await entered.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    await entered.end();
    await server.release();
    await rm(place.folder, { recursive: true, force: true });
  });
});
