import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import ssh2, { type AuthContext, type ParsedKey, type ServerChannel } from "ssh2";

/** Where an SSH server listens and whom it lets in. */
export interface ShellServerSettings {
  readonly address: string;
  readonly port: number;
  /** Private key of the server, in OpenSSH's form. */
  readonly hostKey: string;
  /** Public keys, as in `authorized_keys`. */
  readonly logins: readonly string[];
}

/** Serves every `exec` request of a login by a process that `start` makes. Resolves once it listens; serves until this process ends. */
export async function serveShells(
  settings: ShellServerSettings,
  start: (command: string) => ChildProcessWithoutNullStreams,
): Promise<void> {
  const keys = settings.logins
    .map((text) => ssh2.utils.parseKey(text))
    .filter((key): key is ParsedKey => !(key instanceof Error));
  const server = new ssh2.Server({ hostKeys: [settings.hostKey] }, (client) => {
    // Because ssh2 offers a server no way to this, and small answers would each wait for 40 ms.
    const socket: unknown = Reflect.get(client, "_sock");
    if (socket instanceof Socket) socket.setNoDelay(true);
    client.on("error", () => undefined);
    client.on("authentication", (attempt) =>
      isAllowed(attempt, keys) ? attempt.accept() : attempt.reject(["publickey"]),
    );
    client.on("session", (accept) => {
      accept().once("exec", (acceptExec, _reject, { command }) => joinShell(acceptExec(), start(command)));
    });
  });
  const listening = once(server, "listening");
  server.listen(settings.port, settings.address);
  await listening;
}

function isAllowed(attempt: AuthContext, keys: readonly ParsedKey[]): boolean {
  if (attempt.method !== "publickey") return false;
  const key = keys.find((one) => one.getPublicSSH().equals(attempt.key.data));
  if (key === undefined) return false;
  const { signature, blob, hashAlgo } = attempt;
  return signature === undefined || blob === undefined || key.verify(blob, signature, hashAlgo) === true;
}

/** Joins a session's channel with a process: its input, its outputs, and at its end its code or signal. */
export function joinShell(channel: ServerChannel, shell: ChildProcessWithoutNullStreams): void {
  channel.on("error", () => undefined);
  shell.stdin.on("error", () => undefined);
  channel.pipe(shell.stdin);
  // Because ssh2's server forgets one output for ever when both wait for the client's window: one write at a time.
  let written = Promise.resolve();
  const forward = (from: Readable, to: Writable): void => {
    from.on("data", (chunk) => {
      from.pause();
      written = written.then(() => new Promise((resolve) => to.write(chunk, () => resolve())));
      void written.then(() => from.resume());
    });
  };
  forward(shell.stdout, channel);
  forward(shell.stderr, channel.stderr);
  channel.once("close", () => {
    for (const stream of [shell.stdin, shell.stdout, shell.stderr]) stream.destroy();
  });
  shell.once("error", () => channel.close());
  shell.once("close", (code, signal) => {
    void written.then(() => {
      // Because the channel closes only when its input was read to the end.
      channel.unpipe();
      channel.resume();
      if (code !== null) channel.exit(code);
      else channel.exit((signal ?? "SIGTERM").replace(/^SIG/, ""), false, "");
      channel.end();
    });
  });
}
