import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "../../../infra/ssh/connect.ts";
import { openShell, type TerminalSize } from "../../../infra/ssh/shell.ts";
import { type OpenSshServer, openSshServer } from "./open-ssh-server.ts";
import { sshdProgram } from "./sshd-program.ts";
import { errorOf, sshSuite } from "./suite.ts";

describe("against OpenSSH's server", () => {
  let folder: string;
  let server: OpenSshServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "edgecert-sshd-"));
    server = await openSshServer(await sshdProgram(folder));
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  sshSuite(() => server);

  test("a hundred logins at once all succeed in spite of MaxStartups", async () => {
    const logins = Array.from({ length: 100 }, () => connect(server.address, { timeoutMs: 60_000 }));
    const connections = await Promise.all(logins);
    expect(await connections[99]?.run("echo in")).toMatchObject({ stdout: "in\n" });
    for (const connection of connections) connection.close();
  });

  describe("a shell", () => {
    const size = { columns: 101, rows: 33 };
    /** A shell whose input the test types, and what it has printed so far. */
    const typed = (options: { onResize?: (listener: (size: TerminalSize) => void) => () => void } = {}) => {
      const stdin = new PassThrough();
      const stdout = new PassThrough();
      let seen = "";
      stdout.on("data", (chunk) => {
        seen += chunk;
      });
      const ended = openShell(server.address, { stdin, stdout, size, command: "/bin/sh", term: "dumb", ...options });
      ended.catch(() => undefined);
      return { stdin, ended, seen: () => seen };
    };

    test("has a terminal of our size that follows ours, and ends with its exit code", async () => {
      let resize: ((size: TerminalSize) => void) | undefined;
      let left = false;
      const onResize = (listener: (size: TerminalSize) => void) => {
        resize = listener;
        return () => {
          left = true;
        };
      };
      const shell = typed({ onResize });
      shell.stdin.write("stty size; echo term=$TERM; tty\n");
      await expect.poll(shell.seen).toMatch(/33 101\r\nterm=dumb\r\n\/dev\/pts\/\d/);
      resize?.({ columns: 77, rows: 22 });
      // Because the change and what is typed travel in order.
      shell.stdin.write("stty size; echo now\n");
      await expect.poll(shell.seen).toMatch(/22 77\r\nnow/);
      shell.stdin.write("exit 5\n");
      expect(await shell.ended).toEqual({ code: 5, signal: null });
      expect(left).toBe(true);
    });

    test("that is dropped fails as lost, and one without input ends", async () => {
      const shell = typed();
      shell.stdin.write("echo up$((1+1))\n");
      await expect.poll(shell.seen).toContain("up2");
      server.drop();
      expect(await errorOf(shell.ended)).toMatchObject({ failure: { reason: "ssh-connection-lost" } });
      const quiet = typed();
      quiet.stdin.end();
      expect(await quiet.ended).toEqual({ code: 0, signal: null });
    });
  });
});
