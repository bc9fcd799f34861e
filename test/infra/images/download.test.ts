import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { download } from "../../../infra/images/download.ts";

const content = randomBytes(300_000);
const sha256 = createHash("sha256").update(content).digest("hex");
let folder: string;
let path: string;
let notes: string[];
let stop: () => Promise<unknown>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "download-"));
  path = join(folder, "file.part");
  notes = [];
  stop = async () => {};
});
afterEach(async () => {
  await stop();
  rmSync(folder, { recursive: true });
});

const io = () => ({ signal: AbortSignal.timeout(15_000), authorities: [], note: (text: string) => notes.push(text) });

/** A server on loopback that answers as told, and the ranges that it was asked for. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stop = () => new Promise((resolve) => server.close(resolve).closeAllConnections());
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/image.qcow2`, ranges };
}

/** Answers as a server that knows ranges. */
function whole({ headers }: IncomingMessage, response: ServerResponse, bytes = content): void {
  const from = Number(/bytes=(\d+)-/.exec(headers.range ?? "")?.[1] ?? 0);
  if (headers.range !== undefined && from >= bytes.length) return void response.writeHead(416).end();
  const rest = bytes.subarray(from);
  const range = { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
  response.writeHead(from > 0 ? 206 : 200, { "content-length": rest.length, ...(from > 0 ? range : {}) }).end(rest);
}

test("a file is fetched from a server, also behind a redirect", async () => {
  const { url } = await serve((request, response) => {
    if (request.url !== "/image.qcow2") return whole(request, response);
    response.writeHead(302, { location: "/mirror/image" }).end();
  });
  await download({ url, sha256 }, path, io());
  expect(readFileSync(path).equals(content)).toBe(true);
});

test("a file is fetched from a file: address", async () => {
  const source = join(folder, "an image.raw");
  writeFileSync(source, content);
  await download({ url: pathToFileURL(source).href, sha256 }, path, io());
  expect(readFileSync(path).equals(content)).toBe(true);
});

test("a connection that is cut is taken up where it ended", async () => {
  let cuts = 2;
  const { url, ranges } = await serve((request, response) => {
    if (cuts === 0) return whole(request, response);
    cuts -= 1;
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const range = { "content-range": `bytes ${from}-299999/300000` };
    response.writeHead(from > 0 ? 206 : 200, { "content-length": 300_000 - from, ...range });
    response.write(content.subarray(from, from + 100_000), () => response.destroy());
  });
  await download({ url, sha256 }, path, io());
  expect(readFileSync(path).equals(content)).toBe(true);
  expect(ranges).toHaveLength(3);
  expect(ranges[0]).toBeUndefined();
  expect(ranges[2]).toMatch(/^bytes=[1-9]\d*-$/);
  expect(notes.join("\n")).toContain("going on");
});

test("what an earlier process left is gone on with, and a file that is there as a whole is only checked", async () => {
  writeFileSync(path, content.subarray(0, 123_456));
  const { url, ranges } = await serve(whole);
  await download({ url, sha256 }, path, io());
  await download({ url, sha256 }, path, io());
  expect(ranges).toEqual(["bytes=123456-", "bytes=300000-"]);
  expect(readFileSync(path).equals(content)).toBe(true);
});

test("a server without ranges is asked for everything, and the part is dropped", async () => {
  writeFileSync(path, content.subarray(0, 1000));
  const { url } = await serve((_, response) => response.end(content));
  await download({ url, sha256 }, path, io());
  expect(readFileSync(path).equals(content)).toBe(true);
});

test("a part of another file is found out, and the file fetched anew", async () => {
  writeFileSync(path, randomBytes(1000));
  const { url, ranges } = await serve(whole);
  await download({ url, sha256 }, path, io());
  expect(ranges).toEqual(["bytes=1000-", undefined]);
  expect(readFileSync(path).equals(content)).toBe(true);
});

test("a file with another digest is refused and removed", async () => {
  const other = Buffer.concat([content.subarray(1), Buffer.from("x")]);
  const { url, ranges } = await serve((request, response) => whole(request, response, other));
  const found = createHash("sha256").update(other).digest("hex");
  await expect(download({ url, sha256 }, path, io())).rejects.toMatchObject({
    failure: {
      reason: "wrong-digest",
      class: "configuration",
      detail: expect.stringContaining(`${found}, asked for was ${sha256}`),
    },
  });
  expect(existsSync(path)).toBe(false);
  expect(ranges).toHaveLength(1);
});

test.each([
  [404, "configuration", 1],
  [503, "transient", 4],
])("a server that answers %i is a failure of class %s after %i tries", async (status, kind, count) => {
  const { url, ranges } = await serve((_, response) => void response.writeHead(status).end());
  await expect(download({ url, sha256 }, path, io())).rejects.toMatchObject({
    failure: { reason: "download-failed", class: kind, detail: expect.stringContaining(`answers ${status}`) },
  });
  expect(ranges).toHaveLength(count);
});

test("a file: address that leads nowhere is a mistake, not a passing trouble", async () => {
  const url = pathToFileURL(join(folder, "nowhere")).href;
  await expect(download({ url, sha256 }, path, io())).rejects.toMatchObject({
    failure: { reason: "download-failed", class: "configuration" },
  });
});

test("a password in an address is used and never said", async () => {
  const { url, ranges } = await serve((request, response) => {
    const given = Buffer.from(request.headers.authorization?.split(" ")[1] ?? "", "base64").toString();
    response.writeHead(given === "me:secret" ? 503 : 401).end();
  });
  const address = url.replace("http://", "http://me:secret@");
  const failure = await download({ url: address, sha256 }, path, io()).catch((error) => error.failure);
  expect(failure.detail).toContain("answers 503");
  expect(ranges).toHaveLength(4);
  expect(JSON.stringify([failure, notes])).not.toContain("secret");
});

test("an aborted download keeps what came", async () => {
  const abort = new AbortController();
  const { url } = await serve((_, response) => {
    response.writeHead(200, { "content-length": 300_000 });
    response.write(content.subarray(0, 50_000), () => setTimeout(() => abort.abort(new Error("enough")), 50));
  });
  await expect(download({ url, sha256 }, path, { ...io(), signal: abort.signal })).rejects.toThrow("enough");
  expect(readFileSync(path).equals(content.subarray(0, 50_000))).toBe(true);
});

test("the proxy of the environment is used", async () => {
  const { url } = await serve((request, response) => {
    // A proxy is asked for a whole address.
    if (request.url !== "http://images.invalid/image.qcow2") return void response.writeHead(400).end();
    whole(request, response);
  });
  const before = process.env.http_proxy;
  process.env.http_proxy = new URL(url).origin;
  try {
    await download({ url: "http://images.invalid/image.qcow2", sha256 }, path, io());
  } finally {
    if (before === undefined) delete process.env.http_proxy;
    else process.env.http_proxy = before;
  }
  expect(readFileSync(path).equals(content)).toBe(true);
});
