import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { checkLease, endLease, readLease, takeLease } from "../../infra/lease.ts";

const folder = mkdtempSync(join(tmpdir(), "lease-"));
const path = join(folder, "group", "lease.json");
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const owner = (token: number) => ({ run: "r", node: "n", attempt: 1, token, expiresAt: "2027-01-01T00:00:00Z" });
const older = { failure: { reason: "older-token" } };

test("a newer token takes over; the older one is refused everywhere", async () => {
  const first = await takeLease(path, owner(1));
  await checkLease(path, owner(1), first);
  const second = await takeLease(path, owner(2));
  await checkLease(path, owner(2), second);
  await expect(takeLease(path, owner(1))).rejects.toMatchObject(older);
  await expect(checkLease(path, owner(1), first)).rejects.toMatchObject(older);
  await expect(endLease(path, owner(1))).rejects.toMatchObject(older);
  expect((await readLease(path))?.token).toBe(2);
});

test("ending it stops a provision under way, and is success when there is none", async () => {
  await endLease(path, owner(1));
  expect(await readLease(path)).toBeUndefined();
  const claim = await takeLease(path, owner(1));
  await endLease(path, owner(1));
  await endLease(path, owner(1));
  await expect(checkLease(path, owner(1), claim)).rejects.toMatchObject({ failure: { reason: "lease-ended" } });
  expect(await takeLease(path, owner(1))).not.toBe(claim);
});
