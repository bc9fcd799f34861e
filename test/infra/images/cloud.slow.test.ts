import { createHash } from "node:crypto";
import { createReadStream, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureImage } from "../../../infra/images/image.ts";
import { localProvider } from "../../../infra/providers/local/provider.ts";
import { waitForSsh } from "../../../infra/ssh/readiness.ts";
import { makeCloudImage } from "./cloud-disk.ts";

/** Kept between test runs for its images. */
const suiteHome = fileURLToPath(new URL("../../../.edgecert/test", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "edgecert-cloud-"));
const home = join(folder, "home");
const io = { signal: AbortSignal.timeout(800_000), note: (text: string) => console.log(text) };
const served: string[] = [];
let disk: string;
let sha256: string;
let url: string;

/** A server on loopback that cuts the first connection in the middle, and knows ranges. */
const server = createServer((request, response) => {
  const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const size = statSync(disk).size;
  served.push(request.headers.range ?? "all");
  const range = { "content-range": `bytes ${from}-${size - 1}/${size}` };
  response.writeHead(from > 0 ? 206 : 200, { "content-length": size - from, ...range });
  const end = served.length === 1 ? Math.floor(size / 2) : size - 1;
  const file = createReadStream(disk, { start: from, end });
  file.on("end", () => end < size - 1 && setImmediate(() => response.destroy()));
  file.pipe(response, { end: end === size - 1 });
});

beforeAll(async () => {
  await ensureImage({ os: "debian-12", packages: ["openssh-client"] }, { ...io, home: suiteHome });
  disk = await makeCloudImage(suiteHome, folder, io.signal);
  const hash = createHash("sha256");
  await pipeline(createReadStream(disk), hash);
  sha256 = hash.digest("hex");
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  url = `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}/cloud.qcow2`;
});
afterAll(() => {
  server.close().closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

test("a server starts from a cloud image by its own boot loader, and its cloud-init makes it one of its group", async () => {
  const provider = localProvider({ home });
  const owner = {
    run: `cloud-${process.pid}`,
    node: "n",
    attempt: 1,
    token: 1,
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  };
  const image = { url, sha256, format: "qcow2" } as const;
  const request = {
    name: "node1",
    role: "node",
    os: "cloud-12",
    cores: 1,
    memoryMiB: 768,
    packages: [],
    nestedKvm: false,
    image,
  };
  try {
    const [one] = await provider.provision([request], owner, { ...io, ready: () => {} });
    if (one === undefined) throw new Error("there is no server");
    expect(served).toEqual(["all", expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
    expect(one.facts).toMatchObject({ imageDigest: sha256, startMode: "cold" });
    const connection = await waitForSsh(one.ssh, { timeoutMs: 60_000 });
    const asked =
      "hostname; cloud-init status; ip -4 -o address show eth1; cat /sys/class/dmi/id/bios_vendor; ssh -o BatchMode=yes node1 id -un";
    const { stdout } = await connection.must(`${asked}; ls /etc/ssh/ssh_host_*_key; ls -l /root/.ssh/id_ed25519`, {
      timeoutMs: 120_000,
    });
    connection.close();
    const lines = stdout.trim().split("\n");
    expect(lines[0]).toBe("node1");
    expect(lines[1]).toBe("status: done");
    expect(lines[2]).toContain(one.privateAddress);
    expect(lines.slice(3, 6)).toEqual(["SeaBIOS", "root", "/etc/ssh/ssh_host_ed25519_key"]);
    expect(lines[6]).toMatch(/^-rw-------/);
  } finally {
    await provider.destroy({ ...owner, token: 2 }, AbortSignal.timeout(60_000));
  }
  expect(await provider.list({ run: owner.run })).toEqual([]);
});

test("the same image from a file: address is the same image", async () => {
  const other = join(folder, "other");
  const request = {
    os: "cloud-12",
    packages: [],
    image: { url: pathToFileURL(disk).href, sha256, format: "qcow2" },
  } as const;
  const image = await ensureImage(request, { ...io, home: other });
  expect(image).toMatchObject({ digest: sha256, boot: { kind: "disk" }, seed: "nocloud" });
  expect(statSync(image.disk).size).toBe(statSync(disk).size);
  expect(readdirSync(join(other, "images", "downloads"))).toEqual([]);
});
