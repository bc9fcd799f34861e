import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { replaceHostKey } from "../../../../infra/hosts/first-contact/host-key-replacement.ts";
import type { SshdPlaces } from "../../../../infra/hosts/first-contact/host-key-scripts.ts";
import { connect } from "../../../../infra/ssh/connect.ts";
import { unavailable } from "../../../unavailable.ts";
import { type OpenSshServer, openSshServer } from "../../ssh/open-ssh-server.ts";
import { type SshdProgram, sshdProgram } from "../../ssh/sshd-program.ts";
import type { Contact } from "./contact-process.ts";

const folder = mkdtempSync(join(tmpdir(), "edgecert-contact-"));
let program: SshdProgram;
let server: OpenSshServer;
let copies: string;

beforeAll(async () => {
  program = await sshdProgram(folder);
});
beforeEach(async (context) => {
  if (process.getuid?.() !== 0) return context.skip(unavailable.root);
  server = await openSshServer(program);
  copies = join(server.folder, "cloud");
  const userData = JSON.stringify({ ssh_keys: { ed25519_private: readFileSync(join(server.folder, "host"), "utf8") } });
  for (const name of ["instances/i-1", "seed/nocloud"]) {
    mkdirSync(join(copies, name), { recursive: true });
    writeFileSync(join(copies, name, "user-data"), `#cloud-config\n${userData}\n`);
  }
  writeFileSync(join(copies, "instances/i-1/datasource"), "NoCloud");
});
afterEach(() => server?.stop());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function places(change: Partial<SshdPlaces> = {}): SshdPlaces {
  const { folder: own } = server;
  return { hostKey: join(own, "host"), copies: [copies], restart: `kill -HUP $(cat ${own}/pid)`, ...change };
}

function record(): string {
  return join(server.folder, "contact.json");
}

function replace(notes: string[] = []) {
  const signal = AbortSignal.timeout(60_000);
  return replaceHostKey(server.address, {
    record: record(),
    places: places(),
    signal,
    note: (text) => notes.push(text),
  });
}

/** First contact in a process that dies on the way. */
async function killed(change: Partial<SshdPlaces>, diesWhenWritten = false): Promise<void> {
  const pidFile = join(server.folder, "client");
  const contact: Contact = { host: server.address, record: record(), places: places(change), pidFile, diesWhenWritten };
  const words = [join(import.meta.dirname, "contact-process.ts"), JSON.stringify(contact)];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "inherit", "inherit"] });
  expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
}

/** The host has a key that nobody told it, and answers with no other. */
async function expectOwnKey(): Promise<void> {
  const host = await replace();
  expect(host.hostKey).toMatch(/^ssh-ed25519 /);
  expect(host.hostKey.split(" ")[1]).not.toBe(server.address.hostKey.split(" ")[1]);
  const connection = await connect(host);
  expect((await connection.must("echo there")).stdout).toBe("there\n");
  connection.close();
  await expect(connect(server.address)).rejects.toMatchObject({ failure: { reason: "ssh-host-key-changed" } });
  expect(await replace()).toEqual(host);
  expect(JSON.parse(readFileSync(record(), "utf8"))).toMatchObject({ state: "own", own: host.hostKey });
  expect(readFileSync(join(server.folder, "host.pub"), "utf8").trim()).toBe(host.hostKey);
  for (const left of ["host.own", "host.half"]) expect(existsSync(join(server.folder, left)), left).toBe(false);
  expect(existsSync(join(copies, "instances/i-1/user-data"))).toBe(false);
  expect(readFileSync(join(copies, "seed/nocloud/user-data"), "utf8")).toBe("");
  expect(readFileSync(join(copies, "instances/i-1/datasource"), "utf8")).toBe("NoCloud");
}

test("a host makes a key of its own, answers with no other, and keeps no copy of the injected one", async () => {
  const notes: string[] = [];
  await replace(notes);
  expect(notes).toEqual([expect.stringContaining("has made"), expect.stringContaining("answers with")]);
  await expectOwnKey();
});

const suicide = () => `kill -9 $(cat ${server.folder}/client)`;

test("killed before the new key is written down: the same key is read again", async () => {
  mkdirSync(record());
  await expect(replace()).rejects.toThrow();
  const made = readFileSync(join(server.folder, "host.own"), "utf8");
  rmSync(record(), { recursive: true });
  await expectOwnKey();
  expect(readFileSync(join(server.folder, "host"), "utf8")).toBe(made);
});

test("killed before the switch", async () => {
  await killed({}, true);
  expect(existsSync(join(server.folder, "host.own"))).toBe(true);
  await expectOwnKey();
});

test("killed while copies of the injected key are erased", async () => {
  await killed({ copies: [`$(${suicide()})${copies}`] });
  await expectOwnKey();
});

test("killed between the switch and the restart of sshd, which never comes", async () => {
  await killed({ restart: `${suicide()}; exit 1` });
  await expectOwnKey();
});

test("killed after the restart of sshd", async () => {
  await killed({ restart: `${places().restart}; ${suicide()}` });
  await expectOwnKey();
});

test("the connection is cut in the middle of the switch", async () => {
  const cut = "kill -9 $PPID";
  const signal = AbortSignal.timeout(60_000);
  const contact = { record: record(), places: places({ copies: [`$(${cut})${copies}`] }), signal, note: () => {} };
  await expect(replaceHostKey(server.address, contact)).rejects.toThrow();
  await expectOwnKey();
});

test("while it is unresolved either key is accepted, and no third", async () => {
  await killed({}, true);
  await server.kill();
  const before = readFileSync(join(server.folder, "host"));
  await server.restart("new host key");
  await expect(replace()).rejects.toMatchObject({ failure: { reason: "ssh-host-key-changed" } });
  await server.kill();
  writeFileSync(join(server.folder, "host"), before, { mode: 0o600 });
  await server.restart();
  await expectOwnKey();
});

test("a record of another machine counts for nothing", async () => {
  const other = { v: 1, state: "own", injected: "ssh-ed25519 AAAA", own: "ssh-ed25519 BBBB" };
  writeFileSync(record(), JSON.stringify(other));
  await expectOwnKey();
});

test("a host that says something else than a key is refused", async () => {
  const signal = AbortSignal.timeout(60_000);
  writeFileSync(join(server.folder, "host.own"), readFileSync(join(server.folder, "host")), { mode: 0o600 });
  const contact = { record: record(), places: places(), signal, note: () => {} };
  await expect(replaceHostKey(server.address, contact)).rejects.toMatchObject({
    failure: { reason: "no-own-host-key" },
  });
});
