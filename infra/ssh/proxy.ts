import { once } from "node:events";
import type { Socket } from "node:net";
import type { SshHop } from "../providers/provider.ts";
import { sshError } from "./failures.ts";
import { openSocket } from "./socket.ts";

/**
 * A socket to a machine through a SOCKS5 (RFC 1928, 1929) or HTTP CONNECT (RFC 9110, section 9.3.6) proxy, which also
 * resolves the machine's name. Throws `ssh-proxy` for a proxy that refuses, `ssh-unreachable` for one that is away.
 */
export async function proxiedSocket(proxy: string, hop: SshHop, signal: AbortSignal): Promise<Socket> {
  const url = proxyOf(proxy);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port);
  const what = `Proxy ${proxy} to ${hop.host}:${hop.port}`;
  const socket = openSocket({ host, port });
  const leave = (): void => void socket.destroy();
  signal.addEventListener("abort", leave, { once: true });
  try {
    await once(socket, "connect", { signal });
    if (url.protocol === "http:") await connectByHttp(socket, hop, what);
    else await connectBySocks(socket, hop, what);
    return socket;
  } catch (cause) {
    socket.destroy();
    signal.throwIfAborted();
    if (cause instanceof Error && "failure" in cause) throw cause;
    throw sshError("ssh-unreachable", `${what}: ${cause instanceof Error ? cause.message : String(cause)}.`, cause);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}

function proxyOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isUsable = url !== undefined && /^(socks5|http):$/.test(url.protocol) && url.port !== "";
  if (isUsable && url.username === "" && url.password === "") return url;
  const shown = text.replace(/\/\/[^/]*@/, "//...@");
  throw sshError("ssh-proxy", `The proxy is "${shown}".`);
}

function credentials(): { user: string; password: string } | undefined {
  const user = process.env.EDGECERT_SSH_PROXY_USER;
  return user === undefined ? undefined : { user, password: process.env.EDGECERT_SSH_PROXY_PASSWORD ?? "" };
}

async function connectByHttp(socket: Socket, hop: SshHop, what: string): Promise<void> {
  const target = hop.host.includes(":") ? `[${hop.host}]:${hop.port}` : `${hop.host}:${hop.port}`;
  const known = credentials();
  const basic = known === undefined ? "" : Buffer.from(`${known.user}:${known.password}`).toString("base64");
  const authorization = known === undefined ? "" : `Proxy-Authorization: Basic ${basic}\r\n`;
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization}\r\n`);
  let head = "";
  // Because what follows the head is already the machine's.
  while (!head.endsWith("\r\n\r\n")) {
    head += (await take(socket, 1)).toString("latin1");
    if (head.length > 16_384) throw sshError("ssh-proxy", `${what}: its answer has no end.`);
  }
  if (!/^HTTP\/1\.[01] 2\d\d/.test(head)) throw sshError("ssh-proxy", `${what}: it says "${head.split("\r\n")[0]}".`);
}

const socksRefusals = [
  "",
  "general failure",
  "not allowed by its rules",
  "network unreachable",
  "host unreachable",
  "connection refused",
];

async function connectBySocks(socket: Socket, hop: SshHop, what: string): Promise<void> {
  const known = credentials();
  socket.write(Buffer.from(known === undefined ? [5, 1, 0] : [5, 2, 0, 2]));
  const [, method] = await take(socket, 2);
  if (method === 2 && known !== undefined) {
    socket.write(Buffer.concat([Buffer.from([1]), counted(known.user), counted(known.password)]));
    if ((await take(socket, 2))[1] !== 0) throw sshError("ssh-proxy", `${what}: it refuses the credentials.`);
  } else if (method !== 0) throw sshError("ssh-proxy", `${what}: it wants credentials.`);
  const port = Buffer.alloc(2);
  port.writeUInt16BE(hop.port);
  socket.write(Buffer.concat([Buffer.from([5, 1, 0, 3]), counted(hop.host), port]));
  const [, code = 1, , kind] = await take(socket, 4);
  if (code !== 0)
    throw sshError(code > 2 ? "ssh-unreachable" : "ssh-proxy", `${what}: ${socksRefusals[code] ?? `code ${code}`}.`);
  const length = kind === 1 ? 4 : kind === 4 ? 16 : ((await take(socket, 1))[0] ?? 0);
  await take(socket, length + 2);
}

function counted(text: string): Buffer {
  const bytes = Buffer.from(text).subarray(0, 255);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

/** Exactly so many bytes of a paused socket; the rest stays for the next reader. */
async function take(socket: Socket, count: number): Promise<Buffer> {
  for (;;) {
    const found: unknown = socket.read(count);
    if (found instanceof Buffer && found.length === count) return found;
    if (socket.readableEnded || socket.destroyed) throw new Error("it hung up");
    await Promise.race([once(socket, "readable"), once(socket, "end"), once(socket, "close")]);
  }
}
