import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { fileLocks, hasFileState } from "../../../infra/pulumi/file-state.ts";
import { prepareStack, stackPlace, stackPlaces, stateFolder } from "../../../infra/pulumi/stack-place.ts";

const home = mkdtempSync(join(tmpdir(), "edgecert-places-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const holder = { run: "run-7", node: "edge@debian-12" };

test.each([
  ["~ is the person's home", "file://~/states", "/home/me/states"],
  ["~ alone too", "file://~", "/home/me"],
  ["a relative folder is one of where the command began", "file://states", resolve("states")],
  ["so is one with a dot", "file://./states", resolve("states")],
  ["an absolute one is itself", "file:///srv/states", "/srv/states"],
  [
    "what Pulumi's backend is told beside it is no part of the folder",
    "file://~/states?no_tmp_dir=true",
    "/home/me/states",
  ],
])("a state in files has a folder of its own wherever it is looked for: %s", async (_, address, folder) => {
  const place = await stackPlace(home, holder, { EDGECERT_PULUMI_STATE: address, HOME: "/home/me" });
  expect(stateFolder(place)).toBe(folder);
  expect(place.backend.startsWith("file:///")).toBe(true);
  expect(place.backend.endsWith("?no_tmp_dir=true")).toBe(address.endsWith("?no_tmp_dir=true"));
});

test("a state elsewhere is left as it is, and has no folder", async () => {
  const place = await stackPlace(home, holder, { EDGECERT_PULUMI_STATE: "s3://states?region=eu-central-1" });
  expect(place.backend).toBe("s3://states?region=eu-central-1");
  expect(stateFolder(place)).toBeUndefined();
});

test("a home may have any name: the state lies in it, private, and is found again", async () => {
  const odd = join(home, "hö me#1 %41?x");
  const place = await stackPlace(odd, holder, {});
  await prepareStack(place);
  expect(existsSync(join(odd, "pulumi"))).toBe(true);
  expect(stateFolder(place)).toBe(join(odd, "pulumi"));
  expect(await stackPlaces(odd)).toEqual([place]);
  expect(await hasFileState(place)).toBe(false);
  expect(await fileLocks(place)).toEqual([]);
  expect(statSync(join(odd, "clusters", "passphrase")).mode & 0o777).toBe(0o600);
  expect(statSync(place.folder).mode & 0o777).toBe(0o700);
});

test("a stack keeps the state that it was begun with, whatever the environment says by now", async () => {
  const own = join(home, "begun");
  await prepareStack(await stackPlace(own, holder, { EDGECERT_PULUMI_STATE: `file://${join(own, "first")}` }));
  const later = await stackPlace(own, holder, { EDGECERT_PULUMI_STATE: "s3://second" });
  expect(stateFolder(later)).toBe(join(own, "first"));
});
