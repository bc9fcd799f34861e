import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Provider, Resource } from "../../infra/providers/provider.ts";
import { exitCode } from "../../reports/exit-code.ts";
import type { SealedCertificate } from "../../reports/seal.ts";
import type { Engine } from "../engine/engine.ts";
import { exitCodes } from "./exit.ts";
import { heldAt, type SilentPlace } from "./held.ts";
import { runFolder } from "./home.ts";
import { type CertificateState, certificateState } from "./sealed.ts";
import { paint, states } from "./view/paint.ts";
import type { Progress } from "./view/progress.ts";

/** What the last lines are made of. */
export interface ClosingSources {
  readonly engine: Pick<Engine, "record">;
  readonly provider: Pick<Provider, "list" | "places">;
  readonly home: string;
}

/** The last lines of a run's output (verdict, leftovers, path of the certificate), its exit code, and what was sealed. */
export async function closing(
  work: ClosingSources,
  progress: Progress,
): Promise<{ readonly lines: readonly string[]; readonly code: number; readonly sealed: SealedCertificate | null }> {
  const { run, leaked } = progress;
  const sealed = (await work.engine.record(run))?.sealed ?? null;
  const found = await certificateState(work.home, { run, sealed });
  const certificate = found.state === "intact" ? found.certificate : null;
  const outcome = outcomeOf(progress.outcome);
  // Because what was sealed cannot be read back, there is no verdict, whatever the run came to.
  const { found: held, silent } = await heldAt(work.provider, { run });
  const { kept, left } = divide(held, progress);
  const judged = found.state === "changed" ? "failed" : outcome;
  const unpassed = unpassedOf(progress);
  const code = exitCode({
    ...{ certificate, outcome: judged, leaked, unpassed },
    held: silent.length === 0 ? left.length : null,
  });
  const good = code === exitCodes.passed || code === exitCodes.waiting;
  const { lead, rest } = certificate?.headline ?? { lead: "Not certified", rest: withoutCertificate(found) };
  const waiting = outcome === "waiting" ? [`Waiting: edgecert approve ${run}, or edgecert reject ${run}`] : [];
  return {
    lines: [
      "",
      `Verdict:     ${paint(good ? states.passed.style : states.failed.style, `${lead}: ${rest}`)}`,
      ...leaksOf(progress),
      ...keptLines(kept, progress),
      ...leftLines(left, silent),
      `Certificate: ${certificate === null ? `none; see edgecert status ${run}` : pathOf(work.home, run)}`,
      ...waiting,
    ],
    code,
    sealed: found.state === "intact" ? found : null,
  };
}

/** Nodes that ended without having passed; an undo has outcomes of its own. */
function unpassedOf({ nodes }: Progress): string[] {
  return [...nodes.values()].flatMap(({ id, state }) => (id.startsWith("undo:") || state === "passed" ? [] : [id]));
}

/** What is still listed: kept on purpose until its time comes, or left over. */
function divide(held: readonly Resource[], { nodes }: Progress) {
  const now = new Date().toISOString();
  const times = new Map([...nodes.values()].map(({ id, keptUntil }) => [id, keptUntil]));
  const isKept = ({ node }: Resource) => (times.get(`undo:${node}`) ?? "") > now;
  return { kept: held.filter(isKept), left: held.filter((one) => !isKept(one)) };
}

/** What is kept, why, until when, and how to give it back at once. Files and leases go with their machines. */
function keptLines(kept: readonly Resource[], { run, nodes }: Progress): string[] {
  const groups = Map.groupBy(kept, ({ node }) => node);
  const lines = [...groups].map(([node, all]) => {
    const machines = all.filter(({ kind }) => kind === "virtual-machine").map(({ id }) => id);
    return `Kept:        ${machines.join(", ") || node} (${nodes.get(`undo:${node}`)?.reason})`;
  });
  return lines.length === 0 ? [] : [...lines, `  give back: edgecert list --machines --release ${run}`];
}

/** What is listed and should not be; of places that do not say, that it is not known. */
function leftLines(left: readonly Resource[], silent: readonly SilentPlace[]): string[] {
  const known = `${left.length}: ${left.map((one) => one.id).join(", ")}`;
  if (silent.length === 0) return [`Left over:   ${left.length === 0 ? "0" : known}`];
  const unknown = silent.map(({ place, failure }) => `not known at ${place} (${failure.title})`);
  const all = left.length === 0 ? unknown : [...unknown, known];
  return [`Left over:   ${all.join("; ")}`, ...silent.map(({ failure }) => `  ${failure.next}`)];
}

/** What could not be given back, and how to try again. */
function leaksOf({ run, nodes }: Progress): string[] {
  const leaked = [...nodes.values()].filter((node) => node.state === "leaked");
  if (leaked.length === 0) return [];
  const list = leaked.map((node) => `${node.id} (${node.failure?.title ?? node.reason})`).join(", ");
  return [`Leaked:      ${list}; try again: edgecert resume ${run}`];
}

function withoutCertificate(found: CertificateState): string {
  return found.state === "changed"
    ? `the certificate was changed after it was sealed: ${found.detail}`
    : "the run ended before it was sealed";
}

/** The page, or where it could not be written the JSON that it is rendered from. */
function pathOf(home: string, run: string): string {
  const folder = runFolder(home, run);
  const page = join(folder, "certificate.html");
  return existsSync(page) ? page : `${join(folder, "certificate.json")}; its page: edgecert report ${run}`;
}

function outcomeOf(outcome: string | null): "passed" | "failed" | "cancelled" | "rejected" | "waiting" {
  switch (outcome) {
    case "passed":
    case "cancelled":
    case "rejected":
    case "failed":
      return outcome;
    default:
      return "waiting";
  }
}
