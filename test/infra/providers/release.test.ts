import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ownIdentity } from "../../../infra/hosts/process-table.ts";
import { holdings } from "../../../infra/providers/local/listing.ts";
import { placesIn, serverFiles } from "../../../infra/providers/local/places.ts";
import { localProvider } from "../../../infra/providers/local/provider.ts";
import { clearServer } from "../../../infra/providers/local/release.ts";
import { createServer } from "../../../infra/providers/local/server-record.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "release-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const owner = {
  run: `release-${process.pid}`,
  node: "servers",
  attempt: 1,
  token: 1,
  expiresAt: "2999-01-01T00:00:00Z",
};
const id = "node1-0a1b2c3d";

/** A server as a provision leaves it, with a disk but without a process. */
async function makeServer() {
  const places = placesIn(home);
  const size = { group: 1, index: 0, memoryMiB: 512, cores: 1 };
  const rest = { claim: "c", holder: ownIdentity(), qemu: null };
  await createServer(places, { v: 1, id, name: "node1", ...owner, ...size, ...rest });
  writeFileSync(serverFiles(places, id).disk, "disk");
  return { places, files: serverFiles(places, id), provider: localProvider({ home }) };
}

test("a server's folder without a readable record is listed, and given back with the next node", async () => {
  const { places, files, provider } = await makeServer();
  rmSync(files.record);
  expect(await provider.list({})).toMatchObject([{ id, kind: "files", run: "", node: "" }]);
  await provider.destroy(owner, AbortSignal.timeout(5000));
  expect(await provider.list({})).toEqual([]);
  expect(readdirSync(places.servers)).toEqual([]);
});

test("a folder whose removal was cut short is listed as its owner's, and given back with it or alone", async () => {
  const { places, files, provider } = await makeServer();
  const other = { ...owner, node: "others" };
  await rename(files.folder, join(places.servers, `.${id}`));
  expect(await provider.list({ run: owner.run })).toMatchObject([{ id: `.${id}`, kind: "files", node: owner.node }]);
  await provider.destroy(other, AbortSignal.timeout(5000));
  const [left] = await provider.list({ run: owner.run });
  if (left === undefined) throw new Error("another node gave it back");
  await provider.release(left, AbortSignal.timeout(5000));
  expect(readdirSync(places.servers)).toEqual([]);
});

test("a server cleared for another boot keeps what is promised to it", async () => {
  const { places, files } = await makeServer();
  await clearServer(places, id);
  expect(existsSync(files.disk)).toBe(false);
  const mine = (await holdings(home)).filter((one) => one.holder.includes(owner.run));
  expect(mine).toMatchObject([{ memoryMiB: 512, cores: 1 }]);
});
