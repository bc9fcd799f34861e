import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A proxy for SOCKS5 and HTTP CONNECT that counts what passes and cuts where it is told. */
export interface CuttingProxy {
  readonly port: number;
  /** Bytes towards the server and back, over all connections. */
  passed(): { readonly up: number; readonly down: number };
  /** Where connections were asked to go. */
  targets(): readonly string[];
  /** Cuts every connection once, without a word, when so many more bytes have passed in either direction. */
  cutAfter(bytes: number): void;
  /** How many connections were cut. */
  cuts(): number;
  stop(): Promise<void>;
}

/** Starts one on loopback; with credentials it lets nobody in without them. */
export async function cuttingProxy(credentials?: { user: string; password: string }): Promise<CuttingProxy> {
  const live = new Set<Socket>();
  const targets: string[] = [];
  let passed = { up: 0, down: 0 };
  let limit = Number.POSITIVE_INFINITY;
  let cuts = 0;

  const count = (way: "up" | "down", bytes: number): void => {
    passed = { ...passed, [way]: passed[way] + bytes };
    if (passed.up + passed.down < limit) return;
    limit = Number.POSITIVE_INFINITY;
    for (const socket of live) socket.resetAndDestroy();
    cuts += 1;
  };
  const join = async (client: Socket, target: string, answer: Buffer | string): Promise<void> => {
    targets.push(target);
    const [, host = "", port] = /^(.*):(\d+)$/.exec(target) ?? [];
    const server = connect({ host, port: Number(port), noDelay: true });
    keep(server);
    await once(server, "connect");
    client.write(answer);
    client.on("data", (chunk) => count("up", chunk.length)).pipe(server);
    server.on("data", (chunk) => count("down", chunk.length)).pipe(client);
  };
  const keep = (socket: Socket): void => {
    live.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => undefined).on("close", () => live.delete(socket));
  };
  const server = createServer((client) => {
    keep(client);
    greet(client, credentials, join).catch(() => client.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("No port.");
  return {
    port: bound.port,
    passed: () => passed,
    targets: () => targets,
    cutAfter(bytes) {
      limit = passed.up + passed.down + bytes;
    },
    cuts: () => cuts,
    async stop() {
      const closed = once(server, "close");
      server.close();
      for (const socket of live) socket.destroy();
      await closed;
    },
  };
}

type Join = (client: Socket, target: string, answer: Buffer | string) => Promise<void>;

async function greet(client: Socket, known: { user: string; password: string } | undefined, join: Join): Promise<void> {
  const [first] = (await once(client, "data")) as [Buffer];
  if (first[0] !== 5) return byHttp(client, first.toString("latin1"), known, join);
  const method = known === undefined ? 0 : 2;
  const isOffered = first.subarray(2).includes(method);
  client.write(Buffer.from([5, isOffered ? method : 255]));
  if (!isOffered) return void client.end();
  if (known !== undefined) {
    const [login] = (await once(client, "data")) as [Buffer];
    const user = login.subarray(2, 2 + (login[1] ?? 0)).toString();
    const password = login.subarray(3 + (login[1] ?? 0)).toString();
    const isRight = user === known.user && password === known.password;
    client.write(Buffer.from([1, isRight ? 0 : 1]));
    if (!isRight) return void client.end();
  }
  const [request] = (await once(client, "data")) as [Buffer];
  const host = request.subarray(5, 5 + (request[4] ?? 0)).toString();
  await join(
    client,
    `${host}:${request.readUInt16BE(request.length - 2)}`,
    Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
  );
}

async function byHttp(
  client: Socket,
  head: string,
  known: { user: string; password: string } | undefined,
  join: Join,
): Promise<void> {
  const target = /^CONNECT (\S+) HTTP/.exec(head)?.[1] ?? "";
  const wanted =
    known === undefined ? "" : `Basic ${Buffer.from(`${known.user}:${known.password}`).toString("base64")}`;
  if (wanted !== "" && !head.includes(`Proxy-Authorization: ${wanted}\r\n`)) {
    return void client.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
  }
  await join(client, target, "HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n");
}
