import { createHash, randomBytes } from "node:crypto";
import { appendFile, chmod, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connect } from "../../../infra/ssh/connect.ts";
import { followJob, startJob, stopJob } from "../../../infra/ssh/job.ts";
import { waitForSsh } from "../../../infra/ssh/readiness.ts";
import type { ShellServer } from "./shell-server.ts";

/** The error that a promise is rejected with. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`Expected a failure, got ${JSON.stringify(value)}.`);
    },
    (error: unknown) => error,
  );
}

/** What every SSH server must let us do; run over the server of this process, and over OpenSSH's. */
export function sshSuite(server: () => Pick<ShellServer, "address" | "folder" | "drop">): void {
  test("a command's code, signal and both outputs are told apart", async () => {
    const connection = await connect(server().address);
    const ended = await connection.run("echo out; echo err >&2; exit 3");
    expect(ended).toEqual({ code: 3, signal: null, stdout: "out\n", stderr: "err\n" });
    expect(await connection.run("kill -9 $$")).toMatchObject({ code: null, signal: "SIGKILL" });
    expect(await connection.run("cat", { input: "päss\nwörd" })).toMatchObject({ code: 0, stdout: "päss\nwörd" });
    expect(await connection.run("cat; echo empty")).toMatchObject({ stdout: "empty\n" });
    const failed = await errorOf(connection.must("echo no space left >&2; exit 28"));
    expect(failed).toMatchObject({ failure: { reason: "command-nonzero-exit", class: "fatal" } });
    expect(String(failed)).toMatch(/exit code 28.\s+no space left/);
    connection.close();
  });

  test("another host key than ours is refused, naming both fingerprints", async () => {
    const other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
    const failure = await errorOf(connect({ ...server().address, hostKey: other }));
    expect(failure).toMatchObject({ failure: { reason: "ssh-host-key-changed", class: "fatal" } });
    expect(String(failure).match(/ssh-ed25519 SHA256:[A-Za-z0-9+/]{43}/g)).toHaveLength(2);
  });

  test("more commands than a server has sessions all run over one connection", async () => {
    const connection = await connect(server().address);
    const numbers = Array.from({ length: 24 }, (_, index) => index);
    const results = await Promise.all(
      numbers.map((number) => connection.run(`sleep 0.05; echo ${number}; exit ${number}`)),
    );
    expect(results.map(({ code, stdout }) => [code, stdout])).toEqual(numbers.map((n) => [n, `${n}\n`]));
    connection.close();
  });

  test("a deadline and an abort end the remote process, also one that ignores TERM", async () => {
    const connection = await connect(server().address);
    const pidFile = join(server().folder, "pid");
    const gone = async (): Promise<boolean> => (await connection.run(`kill -0 $(cat ${pidFile})`)).code !== 0;
    const late = connection.run(`echo $$ >${pidFile}; exec sleep 1000`, { timeoutMs: 400 });
    expect(await errorOf(late)).toMatchObject({ failure: { reason: "command-deadline", class: "transient" } });
    expect(await gone()).toBe(true);

    const abort = new AbortController();
    const stubborn = connection.run(`trap '' TERM; echo $$ >${pidFile}; echo up; sleep 1000`, {
      input: "unread",
      signal: abort.signal,
      onLine: () => abort.abort(),
    });
    expect(await errorOf(stubborn)).toMatchObject({ failure: { reason: "command-cancelled", class: "cancelled" } });
    expect(await gone()).toBe(true);
    connection.close();
  });

  test("a lost connection fails its commands, and the next command logs in again", async () => {
    const connection = await connect(server().address);
    const pidFile = join(server().folder, "orphan");
    const running = connection.run(`echo $$ >${pidFile}; echo up; exec sleep 1000`, { onLine: () => server().drop() });
    expect(await errorOf(running)).toMatchObject({ failure: { reason: "ssh-connection-lost", class: "transient" } });
    expect(await connection.run("echo back")).toMatchObject({ code: 0, stdout: "back\n" });
    await connection.must(`kill $(cat ${pidFile})`);
    connection.close();
    expect(await errorOf(connection.run("true"))).toMatchObject({ failure: { reason: "ssh-connection-closed" } });
  });

  test("5 MB on standard error hang nothing; the last mebibyte is kept while every line is seen", async () => {
    const connection = await connect(server().address);
    let lines = 0;
    const { stderr } = await connection.run("yes 0123456789äöü | head -c 5100000 >&2", { onLine: () => (lines += 1) });
    expect(lines).toBe(300_000);
    expect(Buffer.byteLength(stderr)).toBeLessThanOrEqual(1024 * 1024);
    expect(stderr).not.toContain("\uFFFD");
    connection.close();
  });

  test("20 MB up and down keep their sha256; a folder keeps modes and links; a tail is cut where asked", async () => {
    const connection = await connect(server().address);
    const local = join(server().folder, "local it's");
    const remote = join(server().folder, "remote it's");
    await mkdir(join(local, "bin"), { recursive: true });
    const content = randomBytes(20_000_000);
    await writeFile(join(local, "big"), content);
    await writeFile(join(local, "bin", "tool"), "#!/bin/sh\n");
    await chmod(join(local, "bin", "tool"), 0o755);
    await symlink("bin/tool", join(local, "link"));
    await chmod(local, 0o700);
    await mkdir(remote, { mode: 0o755 });
    await connection.upload(local, remote);
    await connection.upload(join(local, "bin", "tool"), join(remote, "deep", "er"));
    expect((await readFile(join(remote, "big"))).equals(content)).toBe(true);
    expect((await stat(join(remote, "link"))).mode & 0o777).toBe(0o755);
    expect((await stat(remote)).mode & 0o777).toBe(0o755);
    expect(await readFile(join(remote, "deep", "er", "tool"), "utf8")).toBe("#!/bin/sh\n");

    const back = join(server().folder, "back", "big");
    const sha256 = createHash("sha256").update(content).digest("hex");
    const whole = await connection.download(join(remote, "big"), back);
    expect(whole).toEqual({ sha256, bytes: 20_000_000, truncated: false });
    expect((await readFile(back)).equals(content)).toBe(true);
    const cut = await connection.download(join(remote, "big"), back, { maxBytes: 1000 });
    expect(cut).toMatchObject({ bytes: 1000, truncated: true });
    expect((await readFile(back)).equals(content.subarray(-1000))).toBe(true);
    const missing = await errorOf(connection.download(join(remote, "nothing"), back));
    expect(missing).toMatchObject({ failure: { reason: "remote-file-missing" } });
    const unwritable = await errorOf(connection.upload(local, "/proc/nowhere"));
    expect(unwritable).toMatchObject({ failure: { reason: "transfer-remote" } });
    const absent = await errorOf(connection.upload(join(local, "absent"), remote));
    expect(absent).toMatchObject({ failure: { reason: "transfer-local" } });
    connection.close();
  });

  test("an empty file arrives, and one that grows while it is sent arrives as it was", async () => {
    const connection = await connect(server().address);
    const remote = join(server().folder, "growing");
    const [empty, log] = [join(server().folder, "empty"), join(server().folder, "growing.log")];
    const content = randomBytes(20_000_000);
    await Promise.all([writeFile(empty, ""), writeFile(log, content)]);
    await connection.upload(empty, remote);
    expect(await readFile(join(remote, "empty"), "utf8")).toBe("");
    let isSent = false;
    const sending = connection.upload(log, remote).finally(() => {
      isSent = true;
    });
    while (!isSent) await appendFile(log, "more\n".repeat(1000));
    await sending;
    const arrived = await readFile(join(remote, "growing.log"));
    expect(arrived.length).toBeGreaterThanOrEqual(content.length);
    expect((await readFile(log)).subarray(0, arrived.length).equals(arrived)).toBe(true);
    connection.close();
  });

  test("a job goes on through lost connections, each line seen once, its code kept, and a restart attaches", async () => {
    const connection = await connect(server().address);
    const root = join(server().folder, "jobs");
    const gate = join(server().folder, "gate");
    // The job waits for the test every 500 lines, so that each connection is cut in the middle of it.
    const command = `i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo "line $i ü $MARK"
      if [ $((i % 500)) = 0 ]; then until [ -s ${gate}.$i ]; do sleep 0.02; done; fi; done; printf tail; exit 7`;
    const job = { name: "build@debian-12", command, env: { MARK: "it's" }, cwd: "/" };
    expect(await startJob(connection, job, { root })).toBe("started");
    const seen: string[] = [];
    const offsets: number[] = [];
    let pending = Promise.resolve();
    const onLine = (line: string, offset: number): void => {
      seen.push(line);
      offsets.push(offset);
      const number = seen.length;
      if (number % 500 !== 0) return;
      server().drop();
      pending = pending.then(() => appendFile(`${gate}.${number}`, "go"));
    };
    const end = await followJob(connection, job.name, { root, onLine, timeoutMs: 60_000 });
    await pending;
    expect(end).toMatchObject({ code: 7, signal: null, ending: "exited", offset: offsets.at(-1) });
    const lines = Array.from({ length: 2000 }, (_, index) => `line ${index + 1} ü it's`);
    expect(seen).toEqual([...lines, "tail"]);
    expect(await startJob(connection, job, { root })).toBe("attached");
    const rest: string[] = [];
    const again = await followJob(connection, job.name, {
      root,
      offset: offsets[1997] ?? 0,
      onLine: (l) => rest.push(l),
    });
    expect(rest).toEqual([...lines.slice(1998), "tail"]);
    expect(again.code).toBe(7);
    const other = await errorOf(startJob(connection, { ...job, command: "true" }, { root }));
    expect(other).toMatchObject({ failure: { reason: "job-name-taken" } });
    connection.close();
  });

  test("a job's secrets stand in no argument and no file; it has login's home and a usual umask", async () => {
    const connection = await connect(server().address);
    const root = join(server().folder, "jobs");
    const folder = join(root, "secret");
    const token = randomBytes(16).toString("hex");
    const search = 'printf %s "$TOKEN" | grep -slFf - /proc/[0-9]*/cmdline';
    const command = `echo "$HOME $(umask)"; ${search}; printf %s "$TOKEN" | md5sum; ls -a ${folder}`;
    await startJob(connection, { name: "secret", command, env: { TOKEN: token } }, { root });
    const seen: string[] = [];
    await followJob(connection, "secret", { root, onLine: (line) => seen.push(line) });
    expect(seen[0]).toMatch(/^\/\S* 0?022$/);
    expect(seen).toContain(`${createHash("md5").update(token).digest("hex")}  -`);
    expect(seen).not.toContain("env");
    expect(seen.filter((line) => line.includes("cmdline"))).toEqual([]);
    connection.close();
  });

  test("a job that vanished without a code, or was there before a reboot, ended unknown, never 0", async () => {
    const connection = await connect(server().address);
    const root = join(server().folder, "jobs");
    await startJob(connection, { name: "victim", command: "echo up; sleep 1000" }, { root });
    const kill = (): void => {
      void connection.run(`read -r pid rest <${root}/victim/process; kill -9 $pid`);
    };
    const end = await followJob(connection, "victim", { root, onLine: kill });
    expect(end).toMatchObject({ code: null, signal: null, ending: "vanished" });
    await connection.must(
      `sed -i 's/ [0-9a-f]*-[0-9a-f-]* / 00000000-0000-0000-0000-000000000000 /' ${root}/victim/process`,
    );
    expect(await followJob(connection, "victim", { root })).toMatchObject({ code: null, ending: "rebooted" });
    await connection.must(
      `for p in $(grep -lzxF EDGECERT_JOB=${root}/victim /proc/[0-9]*/environ | cut -d/ -f3); do kill -9 $p; done`,
    );
    connection.close();
  });

  test("a stopped job takes all its processes with it and is told as stopped; its deadline leaves it alone", async () => {
    const connection = await connect(server().address);
    const root = join(server().folder, "jobs");
    const command = "trap '' TERM; (setsid sleep 1000 &); echo up; sleep 1000; sleep 1000";
    await startJob(connection, { name: "endless", command }, { root });
    const late = await errorOf(followJob(connection, "endless", { root, timeoutMs: 500 }));
    expect(late).toMatchObject({ failure: { reason: "job-deadline" } });
    const alive = `grep -lzxF EDGECERT_JOB=${root}/endless /proc/[0-9]*/environ`;
    expect((await connection.run(alive)).stdout).not.toBe("");
    await stopJob(connection, "endless", { root, graceMs: 200 });
    expect((await connection.run(alive)).stdout).toBe("");
    expect(await followJob(connection, "endless", { root })).toMatchObject({ code: null, ending: "stopped" });
    await stopJob(connection, "endless", { root });
    expect(await errorOf(followJob(connection, "never", { root }))).toMatchObject({
      failure: { reason: "job-missing" },
    });
    connection.close();
  });

  test("waiting for SSH ends with a connection that runs commands", async () => {
    const connection = await waitForSsh(server().address, { timeoutMs: 15_000 });
    expect(await connection.run("echo ready")).toMatchObject({ stdout: "ready\n" });
    connection.close();
  });
}
