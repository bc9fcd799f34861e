import { createHash, createPublicKey, generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { exportUnasked } from "../../../pipelines/cli/exporting.ts";
import { announceThrough } from "../../../pipelines/cli/output.ts";
import { signingKey } from "../../../pipelines/cli/signing-key.ts";
import { sealCertificate } from "../../../reports/seal.ts";
import { certified, inventedRun } from "../../fixtures/reports/run.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "edgecert-signing-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

it("makes one key for the home, for its owner alone, and keeps it", async () => {
  const all = await Promise.all(Array.from({ length: 8 }, () => signingKey(home, {})));
  expect(new Set(all.map(({ signer }) => signer.keyId)).size).toBe(1);
  const folder = join(home, "signing");
  expect(readdirSync(folder).sort()).toEqual(["ed25519.pem", "ed25519.pub.pem"]);
  expect(statSync(join(folder, "ed25519.pem")).mode & 0o777).toBe(0o600);
  const shown = createPublicKey(readFileSync(join(folder, "ed25519.pub.pem")));
  const id = createHash("sha256")
    .update(shown.export({ type: "spki", format: "der" }))
    .digest("hex");
  expect((await signingKey(home, {})).signer.keyId).toBe(id);
});

it("reads another key from a file or a command, and makes none then", async () => {
  const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
  const file = join(home, "own key.pem");
  writeFileSync(file, pem);
  const script = join(home, "print.sh");
  writeFileSync(script, `#!/bin/sh\ncat '${file}'\n`);
  chmodSync(script, 0o700);
  const byFile = await signingKey(home, { EDGECERT_SIGNING_KEY: file });
  const byCommand = await signingKey(home, { EDGECERT_SIGNING_KEY: `command: ${script}` });
  expect(byCommand.signer.keyId).toBe(byFile.signer.keyId);
  expect(readdirSync(home)).not.toContain("signing");
});

it("refuses a key that cannot sign, without telling what it read", async () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" });
  for (const text of [String(rsa), "canary-of-the-mine", `${String(rsa).slice(0, 200)}\n`]) {
    const file = join(home, "key.pem");
    writeFileSync(file, text);
    const error: Error = await signingKey(home, { EDGECERT_SIGNING_KEY: file }).then(
      () => new Error("it was taken"),
      (reason) => reason,
    );
    expect(error.message).toMatch(/cannot be used/);
    expect(JSON.stringify([error, error.message, error.stack])).not.toMatch(/canary|MII/);
  }
  await expect(signingKey(home, { EDGECERT_SIGNING_KEY: join(home, "none") })).rejects.toThrow(/cannot be read/);
  await expect(signingKey(home, { EDGECERT_SIGNING_KEY: "command: false" })).rejects.toThrow(/ended with 1/);
});

it("signs what is exported beside a seal, and never writes the key anywhere else", async () => {
  const { certificate, folder } = await certified(inventedRun());
  rmSync(folder, { recursive: true });
  await exportUnasked(home, sealCertificate(certificate));
  const exports = join(home, "runs", certificate.run, "exports");
  expect(readdirSync(exports)).toContain("attestations.intoto.jsonl");
  const secret = readFileSync(join(home, "signing", "ed25519.pem"), "utf8").split("\n")[1] ?? "";
  expect(secret.length).toBeGreaterThan(40);
  for (const name of readdirSync(exports)) expect(readFileSync(join(exports, name), "utf8")).not.toContain(secret);
});

it("writes every other export where the key cannot be read", async () => {
  vi.stubEnv("EDGECERT_SIGNING_KEY", join(home, "none"));
  const { certificate, folder } = await certified(inventedRun());
  rmSync(folder, { recursive: true });
  const said = vi.fn();
  using _ = announceThrough(said);
  await exportUnasked(home, sealCertificate(certificate));
  expect(readdirSync(join(home, "runs", certificate.run, "exports")).sort()).toEqual([
    "ctrf.json",
    "junit.xml",
    "summary.md",
    "tests.csv",
  ]);
  expect(String(said.mock.calls)).toMatch(/could be written.*none cannot be read/);
});
