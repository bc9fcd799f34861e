import { join } from "node:path";
import { exitCode } from "../../reports/exit-code.ts";
import { exitCodes } from "./exit.ts";
import { runFolder } from "./home.ts";
import { paint } from "./paint.ts";
import type { Progress } from "./progress.ts";
import { sealedCertificate } from "./sealing.ts";
import type { Wiring } from "./wiring.ts";

/** The last lines of a run's output (verdict, leftovers, path of the certificate) and its exit code. */
export async function closing(
  work: Wiring,
  progress: Progress,
): Promise<{ readonly lines: readonly string[]; readonly code: number }> {
  const certificate = (await sealedCertificate(work.home, progress.run))?.certificate ?? null;
  const outcome = outcomeOf(progress.outcome);
  const code = exitCode({ certificate, outcome, leaked: progress.leaked });
  const held = await work.provider.list({ run: progress.run });
  const good = code === exitCodes.passed || code === exitCodes.waiting;
  const { lead, rest } = certificate?.headline ?? { lead: "Not certified", rest: "the run ended before it was sealed" };
  const path = join(runFolder(work.home, progress.run), "certificate.html");
  const waiting =
    outcome === "waiting" ? [`Waiting: edgecert approve ${progress.run}, or edgecert reject ${progress.run}`] : [];
  return {
    lines: [
      "",
      `Verdict:     ${paint(good ? "green" : "red", `${lead}: ${rest}`)}`,
      `Left over:   ${held.length === 0 ? "0" : `${held.length}: ${held.map((one) => one.id).join(", ")}`}`,
      `Certificate: ${certificate === null ? `none; see edgecert status ${progress.run}` : path}`,
      ...waiting,
    ],
    code,
  };
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
