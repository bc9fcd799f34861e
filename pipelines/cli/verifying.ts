import { createPublicKey, type KeyObject } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { bundleName } from "../../reports/exports/attestation/bundle.ts";
import { keyIdOf } from "../../reports/exports/attestation/dsse.ts";
import { openBundle } from "../../reports/exports/attestation/opened.ts";
import { packageFiles, packagesInPlace } from "../../reports/exports/attestation/packages.ts";
import { type Evidence, type Verification, verifyEvidence } from "../../reports/exports/attestation/verify.ts";
import { visibleText } from "../../reports/visible-text.ts";
import { exitCodes, UsageError } from "./exit.ts";
import { paint, states } from "./view/paint.ts";

/** The words of `edgecert verify`. */
export interface VerifyWords {
  /** PEM file of the only key that is trusted. */
  readonly key: string;
  readonly packages?: string;
  /** Digest that the certificate must have. */
  readonly certificate?: string;
  /** Digest that the plan must have. */
  readonly plan?: string;
  readonly json?: boolean;
}

/** What is to be verified: files, and what the database knows of the run where one was named. */
export interface VerifyTarget {
  readonly bundle: string;
  /** The folder of certificate and packages; null for attestations by themselves. */
  readonly folder: string | null;
  readonly expected: Evidence["expected"];
}

/** Verifies, says what was found, and gives the exit code: 0 verified, 1 refused. */
export async function verify(target: VerifyTarget, words: VerifyWords): Promise<number> {
  const trusted = await trustedKey(words.key);
  const found = verifyEvidence(await evidenceOf(target, words, trusted));
  const text = words.json === true ? json(found, trusted) : lines(found, trusted).join("\n");
  process.stdout.write(`${text}\n`);
  return found.refusals.length === 0 ? exitCodes.passed : exitCodes.testsFailed;
}

/** The files that a path names: those of a folder, or attestations alone. Null where there is nothing of that name. */
export function targetAt(path: string): VerifyTarget | null {
  const whole = resolve(path);
  if (!existsSync(whole)) return null;
  const inside = [join(whole, "exports", bundleName), join(whole, bundleName)].find((one) => existsSync(one));
  if (inside !== undefined) return { bundle: inside, folder: whole, expected: {} };
  if (basename(whole) === "certificate.json" || !/\.jsonl?$/.test(whole)) {
    throw new UsageError(
      "No attestations there",
      whole,
      `name a folder that holds ${bundleName}, or such a file; edgecert report --export in-toto makes one`,
    );
  }
  return { bundle: whole, folder: null, expected: {} };
}

async function evidenceOf(target: VerifyTarget, words: VerifyWords, trusted: KeyObject): Promise<Evidence> {
  const bundle = await readFile(target.bundle, "utf8").catch((error: Error) => {
    throw new UsageError(
      "The attestations cannot be read",
      error.message,
      "they are made at the seal where there is a package or a source, and again by: edgecert report --export in-toto",
    );
  });
  const { folder } = target;
  const subjects = openBundle(bundle, trusted).summaries.flatMap((summary) => summary.subjects);
  const { certificate, plan } = words;
  return {
    bundle,
    trusted,
    ...(folder === null ? {} : { certificate: await certificateIn(folder) }),
    ...(await packagesOf(words.packages, folder, subjects)),
    expected: { ...target.expected, ...(certificate && { certificate }), ...(plan && { plan }) },
  };
}

async function packagesOf(
  named: string | undefined,
  folder: string | null,
  subjects: Parameters<typeof packagesInPlace>[1],
): Promise<Pick<Evidence, "packages">> {
  if (named !== undefined) {
    const chosen = resolve(named);
    const is = await stat(chosen).catch(() => null);
    if (is?.isDirectory() !== true)
      throw new UsageError("No such folder of packages", chosen, "name the folder: --packages DIR");
    return {
      packages: {
        folder: chosen,
        files: await packageFiles(
          chosen,
          subjects.map(({ name }) => name),
        ),
      },
    };
  }
  const packaged = subjects.some(({ digest }) => digest.sha256 !== undefined);
  return folder === null || !packaged ? {} : { packages: { folder, files: await packagesInPlace(folder, subjects) } };
}

async function certificateIn(folder: string): Promise<NonNullable<Evidence["certificate"]>> {
  const path = join(folder, "certificate.json");
  const bytes = await readFile(path).catch(() => null);
  return bytes === null ? { missing: path } : { bytes };
}

async function trustedKey(path: string): Promise<KeyObject> {
  const next = "ask whoever certifies for the output of edgecert key";
  const pem = await readFile(path, "utf8").catch((error: Error) => {
    throw new UsageError("The trusted key cannot be read", error.message, next);
  });
  // Because a private key has a public half too, and has no business where things are verified.
  if (pem.includes("PRIVATE KEY"))
    throw new UsageError("The trusted key is a private one", path, "use the public key beside it");
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {}
  throw new UsageError("The trusted key is no public ed25519 key in PEM form", path, next);
}

function lines({ refusals, summary, cells, packages }: Verification, trusted: KeyObject): readonly string[] {
  if (refusals.length > 0 || summary === null) {
    const told = refusals.flatMap(({ title, detail, next }) => [
      `  ${paint("bold", shown(title))}`,
      `    ${shown(detail)}`,
      `    Next: ${next}`,
    ]);
    return [
      `${paint(states.failed.style, "Refused")}: ${refusals.length === 1 ? "one reason" : `${refusals.length} reasons`}`,
      ...told,
    ];
  }
  const warned = cells.filter(({ result }) => result === "WARNED").length;
  const names = summary.subjects.map(
    ({ name, digest }) =>
      `  ${shown(name)} ${Object.entries(digest)
        .map((one) => one.join(":"))
        .join(" ")}`,
  );
  return [
    `${paint(states.passed.style, "Verified")}: ${shown(summary.product)}, run ${shown(summary.run)}, ${cells.length} of ${cells.length} cells passed${warned === 0 ? "" : `, ${warned} with retries or waivers`}`,
    `Certificate: sha256 ${summary.certificate}, of ${summary.timeCreated}`,
    `Key:         ${keyIdOf(trusted)}`,
    packages === "compared"
      ? "Packages:    the files are those that were certified"
      : "Certified:   no file was compared; --packages DIR compares packages",
    ...names,
  ];
}

function json({ refusals, summary, cells, packages }: Verification, trusted: KeyObject): string {
  const run =
    summary === null
      ? null
      : {
          run: summary.run,
          pipeline: summary.pipeline,
          product: summary.product,
          certificate: summary.certificate,
          plan: summary.plan,
          timeCreated: summary.timeCreated,
        };
  const key = keyIdOf(trusted);
  return JSON.stringify({
    verified: refusals.length === 0,
    key,
    ...run,
    cells,
    packages,
    subjects: summary?.subjects ?? [],
    refusals,
  });
}

function shown(text: string): string {
  return visibleText(text).replaceAll("\n", " ");
}
