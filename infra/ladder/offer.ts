import type { LadderStep } from "../../pipelines/dsl/event.ts";
import type { Failure } from "../../pipelines/dsl/failure.ts";
import type { ServerRequest } from "../../pipelines/dsl/request.ts";
import type { Estimate } from "../providers/provider.ts";
import { hostsTooSmall } from "./failures.ts";
import type { EdgePlace, EdgeRung, Rung } from "./rung.ts";
import { firstPhase, placeLabel } from "./shape.ts";

/** What a rung says before anything is asked for. */
export interface Offer {
  readonly answer: Estimate | Failure;
  /** The same as a step: nothing is spent. */
  readonly step: LadderStep;
}

/** Price and time of a rung's first place that can ever serve the group, or why none can. Costs nothing. */
export async function estimateRung(rung: Rung, requests: readonly ServerRequest[]): Promise<Offer> {
  if (rung.kind === "pool") return offer(rung, "", await rung.provider.estimate(requests));
  let last: Offer | undefined;
  for (const place of rung.places) {
    last = offer(rung, placeLabel(place), await estimatePlace(rung, place, requests));
    if (!("reason" in last.answer)) return last;
  }
  return last ?? offer(rung, "", hostsTooSmall(rung.name, "it names no place"));
}

async function estimatePlace(
  rung: EdgeRung,
  place: EdgePlace,
  requests: readonly ServerRequest[],
): Promise<Estimate | Failure> {
  const answer = await rung.provider.estimate(place.request);
  if ("reason" in answer) return answer;
  const why = rung.hosts.neverFits(requests, place.request);
  if (why !== undefined) return hostsTooSmall(`${rung.name} ${placeLabel(place)}`, why);
  return { dollarsPerHour: answer.dollarsPerHour ?? 0, secondsToReady: answer.secondsToReady };
}

function offer(rung: Rung, place: string, answer: Estimate | Failure): Offer {
  const failure = "reason" in answer ? answer : null;
  const step: LadderStep = {
    ...{ rung: rung.name, provider: rung.provider.name, place, phase: firstPhase(rung) },
    outcome: failure === null ? "done" : "refused",
    ...{ reason: failure?.reason ?? null, class: failure?.class ?? null, detail: failure?.detail ?? null },
    next: failure === null ? "on" : "move",
    tookMs: 0,
    dollarsPerHour: "reason" in answer ? null : answer.dollarsPerHour,
  };
  return { answer, step };
}
