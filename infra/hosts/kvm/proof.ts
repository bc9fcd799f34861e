import { z } from "zod";
import type { Connection } from "../../ssh/connection.ts";
import { placeOf } from "../../ssh/failures.ts";
import { ask } from "./ask.ts";
import type { HostFacts, Said } from "./facts.ts";
import { hypervisorError } from "./failures.ts";
import { type ProofLimits, proofScript, quarantineScript } from "./proof-script.ts";
import type { HypervisorRequest } from "./request.ts";

/** One line of `virt-host-validate`. */
export interface HostCheck {
  /** Such as `if device /dev/kvm exists`. */
  readonly check: string;
  readonly verdict: "pass" | "warn" | "fail";
  /** What libvirt advises; empty for what passed. */
  readonly advice: string;
}

/** What a hypervisor did to be trusted. Plain JSON. */
export interface Proof {
  /** Every check that libvirt makes. */
  readonly checks: readonly HostCheck[];
  /** From the start of the test guest to its answer to a ping on the bridge, whole seconds. */
  readonly guestSeconds: number;
  readonly tookMs: number;
}

/** Checks whose failure says nothing about running guests: other ways to use a machine. */
const besides = /IOMMU|secure guest|cgroup|LXC|freezer/i;

/**
 * Proves that a host runs virtual machines. One that does not is marked in quarantine on itself, so that no other run trusts
 * it either, and a failure of class `lost` with everything that was wrong is thrown; a proof that passes takes the mark back.
 */
export async function proveHost(
  connection: Connection,
  of: { readonly facts: HostFacts; readonly request: HypervisorRequest; readonly limits?: ProofLimits },
  signal: AbortSignal,
): Promise<Proof> {
  const began = performance.now();
  const script = proofScript(of.facts.architecture, of.request, of.limits);
  const said = await ask(connection, script, { signal, timeoutMs: 900_000 });
  const judged = judgeProof(said);
  if ("problems" in judged) {
    const why = judged.problems.join("; ");
    await ask(connection, quarantineScript(why), { signal });
    throw hypervisorError("hypervisor-proof", `${placeOf(connection.address)}: ${why}`);
  }
  if (of.facts.quarantine !== "") await ask(connection, quarantineScript(undefined), { signal });
  return { ...judged, tookMs: Math.round(performance.now() - began) };
}

const guest = z.tuple([z.literal("guest"), z.enum(["answered", "failed"]), z.string().regex(/^\d+$/), z.string()]);

/** What the words of a proof come to: the proof, or every reason against it. What was not said is a reason. Pure. */
export function judgeProof(said: readonly Said[]): Omit<Proof, "tookMs"> | { readonly problems: readonly string[] } {
  const of = (kind: string) => said.filter(([word]) => word === kind).map(([, ...rest]) => rest);
  const [device = []] = of("kvm");
  const checks = of("validate").flatMap(([line = ""]) => decodeCheck(line) ?? []);
  const ended = guest.safeParse(said.find(([word]) => word === "guest")).data;
  const problems = [
    ...(device[0] === "opens" ? [] : [`/dev/kvm does not open: ${device[1] ?? "nothing was said"}`]),
    ...(checks.length > 0 ? [] : ["virt-host-validate said nothing"]),
    ...checks
      .filter(({ check, verdict }) => verdict === "fail" && !besides.test(check))
      .map(({ check, advice }) => `virt-host-validate fails ${check}: ${advice}`),
    ...(ended === undefined ? ["the test guest was not reported"] : []),
    ...(ended?.[1] === "failed" ? [`the test guest did not answer: ${ended[3].trim()}`] : []),
    ...(of("removed")[0]?.[0] === "true" ? [] : ["the test guest was not removed"]),
  ];
  return problems.length > 0 ? { problems } : { checks, guestSeconds: Number(ended?.[2]) };
}

/** A line of `virt-host-validate`, such as `QEMU: Checking if device /dev/kvm exists : FAIL (Check that ...)`. Pure. */
export function decodeCheck(line: string): HostCheck | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's colours are what is taken out
  const plain = line.replaceAll(/\u001b\[[0-9;]*m/g, "");
  const found = /^\s*QEMU: Checking (.*?)\s*: (PASS|WARN|FAIL)\s*(?:\((.*)\))?\s*$/.exec(plain);
  const verdict = { PASS: "pass", WARN: "warn", FAIL: "fail" } as const;
  const [, check = "", word = "", advice = ""] = found ?? [];
  if (word !== "PASS" && word !== "WARN" && word !== "FAIL") return undefined;
  return { check, verdict: verdict[word], advice };
}
