import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2, { type ServerChannel, type Connection as ServerSide, type Session } from "ssh2";
import { makeSshKeyPair } from "../../../infra/hosts/ssh-key-pair.ts";
import type { SshAddress } from "../../../infra/providers/provider.ts";
import { joinShell } from "../../../infra/providers/simulator/shell-server.ts";

/** A real SSH server in this process whose commands are real shells of this machine. */
export interface ShellServer {
  readonly address: SshAddress;
  /** A private folder of the test. */
  readonly folder: string;
  /** How many logins there were. */
  logins(): number;
  /** The most commands that ran at once. */
  busiest(): number;
  /** Cuts every connection without a word, as a dying router does. */
  drop(): void;
  /** Stops answering new connections, and cuts the old ones. */
  stop(): Promise<void>;
}

/** How the server misbehaves. */
export interface ShellServerOptions {
  /** As sshd's MaxSessions: further sessions are refused. */
  readonly maxSessions?: number;
  /** Closes the session of this very command without telling an exit code. */
  readonly mute?: string;
  /** Begins this very command, and cuts every connection before it says so. */
  readonly swallow?: string;
}

export async function shellServer(options: ShellServerOptions = {}): Promise<ShellServer> {
  const folder = await mkdtemp(join(tmpdir(), "edgecert-ssh-"));
  const host = makeSshKeyPair("test");
  const login = makeSshKeyPair("test");
  const privateKeyPath = join(folder, "login-key");
  await writeFile(privateKeyPath, login.privateKey, { mode: 0o600 });
  const allowed = ssh2.utils.parseKey(login.publicKey);
  if (allowed instanceof Error) throw allowed;

  const live = new Set<ServerSide>();
  let logins = 0;
  let open = 0;
  let busiest = 0;
  const drop = (): void => {
    // Because `end` says goodbye, and the tests want a loss without a word.
    for (const client of live) socketOf(client).destroy();
  };
  const server = new ssh2.Server({ hostKeys: [host.privateKey] }, (client) => {
    live.add(client);
    socketOf(client).setNoDelay(true);
    client.on("error", () => undefined);
    client.on("close", () => live.delete(client));
    client.on("authentication", (attempt) => {
      if (attempt.method !== "publickey" || !attempt.key.data.equals(allowed.getPublicSSH())) {
        attempt.reject(["publickey"]);
      } else if (
        attempt.signature === undefined ||
        attempt.blob === undefined ||
        allowed.verify(attempt.blob, attempt.signature, attempt.hashAlgo) === true
      ) {
        attempt.accept();
      } else attempt.reject(["publickey"]);
    });
    client.on("ready", () => {
      logins += 1;
    });
    client.on("session", (accept, reject) => {
      if (open >= (options.maxSessions ?? Number.POSITIVE_INFINITY)) return reject();
      open += 1;
      busiest = Math.max(busiest, open);
      const done = (): void => {
        open -= 1;
      };
      serve(accept(), { ...options, drop }, done);
    });
  });
  const ready = once(server, "listening");
  server.listen(0, "127.0.0.1");
  await ready;
  const { port } = readAddress(server.address());
  return {
    address: { host: "127.0.0.1", port, user: "tester", privateKeyPath, hostKey: host.publicKey },
    folder,
    logins: () => logins,
    busiest: () => busiest,
    drop,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      drop();
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function serve(
  session: Session,
  { mute, swallow, drop }: ShellServerOptions & { readonly drop: () => void },
  done: () => void,
): void {
  session.once("exec", (accept, _reject, { command }) => {
    if (swallow !== undefined && command.includes(swallow)) {
      spawn("/bin/sh", ["-c", command], { stdio: "ignore" }).once("close", drop);
      return;
    }
    const channel = accept();
    channel.on("error", () => undefined);
    if (mute === undefined || !command.includes(mute)) return run(channel, command, done);
    done();
    channel.close();
  });
}

function run(channel: ServerChannel, command: string, done: () => void): void {
  const shell = spawn("/bin/sh", ["-c", command], { detached: true, stdio: "pipe" });
  shell.once("close", done);
  joinShell(channel, shell);
}

/** The socket below a connection, which ssh2 keeps to itself. */
function socketOf(client: ServerSide): Socket {
  const socket: unknown = Reflect.get(client, "_sock");
  if (socket instanceof Socket) return socket;
  throw new Error("ssh2 no longer keeps the socket where it was.");
}

function readAddress(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return address;
}
