import { baselineSearch } from "../../reports/baseline.ts";
import type { CertificateInput } from "../../reports/certificate.ts";
import type { SealedCertificate } from "../../reports/seal.ts";
import type { Engine, RunRecord, RunSummary } from "../engine/engine.ts";
import { certificateState } from "./sealed.ts";

/** Where earlier certificates come from. */
export interface PastSources {
  readonly engine: Pick<Engine, "runs">;
  readonly home: string;
}

/** Most certificates that are read: a suite that was green in none of them has no baseline. */
const readAtMost = 30;

/**
 * What earlier runs of the pipeline tell about one: the latest certificate of a whole run, and for each suite the latest
 * in which it was green. Runs that started later tell nothing, even if they were sealed earlier. A certificate that is
 * not the sealed one any more is refused, with a remark; an older one takes its place.
 */
export async function pastCertificates(
  { engine, home }: PastSources,
  { run, pipeline, plan, startedAt }: Pick<RunRecord, "run" | "pipeline" | "plan" | "startedAt">,
): Promise<Required<Pick<CertificateInput, "baselines" | "pastRemarks">> & Pick<CertificateInput, "previous">> {
  const search = baselineSearch(plan);
  const refused: (readonly [RunSummary, string])[] = [];
  let [whole, partial]: [SealedCertificate | null, SealedCertificate | null] = [null, null];
  const earlier = (one: RunSummary) => one.run !== run && one.pipeline === pipeline && one.startedAt <= startedAt;
  const sealed = (await engine.runs({ kind: "sealed" })).filter(earlier).slice(0, readAtMost);
  for (const summary of sealed) {
    if (whole !== null && search.complete()) break;
    const found = await certificateState(home, summary);
    if (found.state === "changed") refused.push([summary, found.detail]);
    if (found.state !== "intact") continue;
    search.add(found);
    if (found.certificate.reproduces !== undefined) continue;
    if (found.certificate.partial === undefined) whole ??= found;
    else partial ??= found;
  }
  const previous = whole ?? partial;
  return {
    baselines: search.found,
    pastRemarks: refused.map(([summary, detail]) => ({
      what: "Baseline",
      where: summary.run,
      detail: `${detail}.`,
      effect: "nothing is compared with it",
    })),
    ...(previous === null ? {} : { previous }),
  };
}
