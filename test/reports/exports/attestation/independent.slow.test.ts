import { execFileSync, spawnSync } from "node:child_process";
import { createHash, type KeyObject } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Attested, attested } from "../../../fixtures/reports/attested.ts";
import { redAndDamaged } from "../../../fixtures/reports/stories.ts";
import { unavailable } from "../../../unavailable.ts";

const here = import.meta.dirname;
const requirements = join(here, "requirements.txt");
const hasPython = spawnSync("python3", ["--version"]).status === 0;

/** The pinned packages of PyPI, installed once for each list of them, outside of the tree. */
function installed(): string {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const name = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 16);
  const folder = join(cache, "edgecert-tests", `python-${name}`);
  if (existsSync(folder)) return folder;
  mkdirSync(join(folder, ".."), { recursive: true });
  const draft = mkdtempSync(`${folder}-`);
  // Because Debian has pip and venv in packages of their own, either of them will do.
  const pip =
    spawnSync("python3", ["-m", "pip", "--version"]).status === 0 ? "python3" : pipOfVenv(join(draft, ".venv"));
  const words = ["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes"];
  execFileSync(pip, [...words, "--target", draft, "--requirement", requirements], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  rmSync(join(draft, ".venv"), { recursive: true, force: true });
  renameSync(draft, folder);
  return folder;
}

function pipOfVenv(folder: string): string {
  const made = spawnSync("python3", ["-m", "venv", folder], { encoding: "utf8" });
  if (made.status === 0) return join(folder, "bin", "python3");
  throw new Error(`neither pip nor venv is there: apt-get install python3-pip. ${made.stdout}${made.stderr}`);
}

interface Verdict {
  readonly verified: boolean;
  readonly type?: string;
  readonly result?: string | null;
}

let good: Attested;
let packages = "";

beforeAll(async () => {
  good = await attested();
  if (hasPython) packages = installed();
});
afterAll(() => good.remove());

function verdicts(path: string, signerId: string, publicKey: KeyObject): readonly Verdict[] {
  const raw = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url").toString("hex");
  const words = [join(here, "verify_bundle.py"), path, signerId, raw];
  const text = execFileSync("python3", words, { encoding: "utf8", env: { ...process.env, PYTHONPATH: packages } });
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

it("verifies with securesystemslib and in-toto-attestation, and is refused by them once tampered", async (context) => {
  if (!hasPython) return context.skip(unavailable.python);
  const testResult = "https://in-toto.io/attestation/test-result/v0.1";
  const found = verdicts(good.path, good.signer.keyId, good.publicKey);
  expect(found).toEqual([
    ...Array(3).fill({ verified: true, type: testResult, result: "PASSED" }),
    { verified: true, type: "https://in-toto.io/attestation/svr/v0.1", result: null },
  ]);

  const tampered = good.lines.map((line) => {
    const { payload, ...envelope } = JSON.parse(line);
    const statement = Buffer.from(payload, "base64").toString().replace("edgeprobe", "edgeprobf");
    return JSON.stringify({ ...envelope, payload: Buffer.from(statement).toString("base64") });
  });
  await good.put(tampered);
  expect(verdicts(good.path, good.signer.keyId, good.publicKey)).toEqual(
    Array(4).fill({ verified: false, error: "VerificationError" }),
  );

  const other = await attested(redAndDamaged);
  await good.put(other.lines);
  const foreign = verdicts(good.path, other.signer.keyId, good.publicKey);
  const own = verdicts(other.path, other.signer.keyId, other.publicKey);
  await other.remove();
  expect(foreign.every(({ verified }) => !verified)).toBe(true);
  expect(own.map(({ result }) => result)).toEqual(["PASSED", "FAILED", null]);
});
