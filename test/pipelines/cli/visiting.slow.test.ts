import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { visit } from "../../../pipelines/cli/visiting.ts";
import { type OpenSshServer, openSshServer } from "../../infra/ssh/open-ssh-server.ts";
import { sshdProgram } from "../../infra/ssh/sshd-program.ts";

let folder: string;
let server: OpenSshServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "edgecert-visit-"));
  server = await openSshServer(await sshdProgram(folder));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A desk of streams; as a terminal it also tells whether keys are passed on as they are pressed. */
function desk(terminal: boolean) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const text = { out: "", err: "" };
  stdout.on("data", (chunk) => {
    text.out += chunk;
  });
  stderr.on("data", (chunk) => {
    text.err += chunk;
  });
  const raw: boolean[] = [];
  const screen = { isTTY: terminal, columns: 91, rows: 31 };
  return {
    text,
    raw,
    stdin: Object.assign(stdin, { isTTY: terminal, setRawMode: (on: boolean) => raw.push(on) }),
    stdout: Object.assign(stdout, screen),
    stderr,
  };
}

describe("a visit to a real sshd", () => {
  it("without a terminal keeps the streams apart, reads ours, and gives the exit code", async () => {
    const at = desk(false);
    at.stdin.end("from our side\n");
    expect(await visit(server.address, at, "cat; echo trouble >&2; exit 7")).toBe(7);
    expect(at.text).toEqual({ out: "from our side\n", err: "trouble\n" });
    expect(at.raw).toEqual([]);
  });

  it("does not wait for input that the command does not read", async () => {
    const at = desk(false);
    expect(await visit(server.address, at, "echo done")).toBe(0);
    expect(at.text.out).toBe("done\n");
  });

  it("at a terminal lends one of the same size, and takes our own back", async () => {
    const at = desk(true);
    const ended = visit(server.address, at, "/bin/sh");
    at.stdin.write("stty size; exit 9\n");
    expect(await ended).toBe(9);
    expect(at.text.out).toContain("31 91");
    expect(at.raw).toEqual([true, false]);
  });

  it("follows a change of size", async () => {
    const at = desk(true);
    const ended = visit(server.address, at, "/bin/sh");
    at.stdin.write("echo up\n");
    await expect.poll(() => at.text.out).toMatch(/up\r\n.*up\r\n/s);
    Object.assign(at.stdout, { columns: 55, rows: 12 });
    at.stdout.emit("resize");
    at.stdin.write("stty size; exit\n");
    await ended;
    expect(at.text.out).toContain("12 55");
  });

  it("gives the terminal back when the machine goes away", async () => {
    const at = desk(true);
    const ended = visit(server.address, at, "/bin/sh").catch((error: Error) => error.message);
    at.stdin.write("echo up\n");
    await expect.poll(() => at.text.out).toMatch(/up\r\n.*up\r\n/s);
    server.drop();
    expect(await ended).toContain("connection was lost");
    expect(at.raw).toEqual([true, false]);
  });
});
