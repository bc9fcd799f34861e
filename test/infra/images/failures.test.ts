import { expect, it } from "vitest";
import { buildFailed, downloadFailed } from "../../../infra/images/failures.ts";

it.each([
  ["E: You don't have enough free space in /home/images/partial/.", "disk-full", "configuration"],
  ["mkfs.ext4: No space left on device while writing", "disk-full", "configuration"],
  ["E: Unable to fetch some archives", "image-build-failed", "transient"],
])("a build that ended with %j is %s", (line, reason, kind) => {
  const failure = buildFailed("debian-12", `Get:1 linux-base\n${line}\nfailed`, "/home/images/logs/1.log");
  expect(failure).toMatchObject({ reason, class: kind });
  expect(failure.detail).toContain(line);
  expect(failure.detail).toContain("/home/images/logs/1.log");
});

it.each([
  ["ENOSPC: no space left on device, write", "disk-full", "configuration"],
  ["the server answers 404", "download-failed", "configuration"],
  ["the server answers 503", "download-failed", "transient"],
  ["connect ECONNREFUSED 127.0.0.1:1", "download-failed", "transient"],
])("a download that ended with %j is %s", (why, reason, kind) => {
  const failure = downloadFailed("http://images.example/a.qcow2", why);
  expect(failure).toMatchObject({ reason, class: kind, detail: `http://images.example/a.qcow2: ${why}` });
});
