import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Provider, Resource } from "../../infra/providers/provider.ts";
import { exitCode } from "../../reports/exit-code.ts";
import type { SealedCertificate } from "../../reports/seal.ts";
import type { Engine } from "../engine/engine.ts";
import { exitCodes } from "./exit.ts";
import { runFolder } from "./home.ts";
import { type CertificateState, certificateState } from "./sealed.ts";
import { paint, states } from "./view/paint.ts";
import type { Progress } from "./view/progress.ts";

/** What the last lines are made of. */
export interface ClosingSources {
  readonly engine: Pick<Engine, "record">;
  readonly provider: Pick<Provider, "list">;
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
  const { kept, left } = divide(await work.provider.list({ run }), progress);
  const judged = found.state === "changed" ? "failed" : outcome;
  const code = exitCode({ certificate, outcome: judged, leaked, held: left.length, unpassed: unpassedOf(progress) });
  const good = code === exitCodes.passed || code === exitCodes.waiting;
  const { lead, rest } = certificate?.headline ?? { lead: "Not certified", rest: withoutCertificate(found) };
  const waiting = outcome === "waiting" ? [`Waiting: edgecert approve ${run}, or edgecert reject ${run}`] : [];
  return {
    lines: [
      "",
      `Verdict:     ${paint(good ? states.passed.style : states.failed.style, `${lead}: ${rest}`)}`,
      ...leaksOf(progress),
      ...keptLines(kept, progress),
      `Left over:   ${left.length === 0 ? "0" : `${left.length}: ${left.map((one) => one.id).join(", ")}`}`,
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
