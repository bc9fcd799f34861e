import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { isAlive } from "../../infra/hosts/process-table.ts";
import { changeScript, endClouds, runningClouds, sharedClouds } from "./running-clouds.ts";

const folder = mkdtempSync(join(tmpdir(), "edgecert-clouds-"));

afterAll(async () => {
  await endClouds(folder);
  rmSync(folder, { recursive: true, force: true });
});

/** Whether the emulated EC2 answers, whose process is a child of the fakes. */
async function ec2Answers(url: string | undefined): Promise<boolean> {
  return fetch(`${url}/moto-api/`).then(
    (answer) => answer.ok,
    () => false,
  );
}

test("commands at once share one process of fakes, which takes the emulated EC2 along when it is killed", async () => {
  const [first, second] = await Promise.all([sharedClouds(folder), sharedClouds(folder)]);
  expect(second).toEqual(first);
  expect(await ec2Answers(first.environment.AWS_ENDPOINT_URL_EC2)).toBe(true);
  await changeScript(first, '{"rules": []}');
  await expect(changeScript(first, '{"rule": []}')).rejects.toThrow(/"rule"/);
  await expect(changeScript(first, "no JSON")).rejects.toThrow(/JSON/);

  process.kill(first.pid, "SIGKILL");
  await expect.poll(() => isAlive(first)).toBe(false);
  await expect.poll(() => ec2Answers(first.environment.AWS_ENDPOINT_URL_EC2)).toBe(false);
  expect(await runningClouds(folder)).toBeUndefined();
  const anew = await sharedClouds(folder);
  expect(anew.pid).not.toBe(first.pid);
  await endClouds(folder);
  expect(isAlive(anew)).toBe(false);
});
