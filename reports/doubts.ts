import type { Event } from "../pipelines/dsl/event.ts";
import type { Plan } from "../pipelines/dsl/plan-document.ts";
import type { NodeRecord } from "./record.ts";
import type { SuiteResult } from "./results.ts";
import { touchesOf } from "./touch.ts";

/**
 * Why the record of a run cannot carry a certificate, one sentence each: events are missing or of another run, they
 * were made by another plan, results belong to no event, or the servers were only simulated.
 */
export function doubtsAbout(
  plan: Plan,
  events: readonly Event[],
  records: ReadonlyMap<string, NodeRecord>,
  results: readonly SuiteResult[],
): readonly string[] {
  const doubts: string[] = [];
  const gap = events.findIndex((event, index) => event.seq !== index + 1);
  if (events.length === 0) doubts.push("The run has no events.");
  if (gap >= 0) doubts.push(`Event ${gap + 1} is missing from the record: its sequence has a gap.`);
  const runs = new Set(events.map((event) => event.run));
  if (runs.size > 1) doubts.push(`The record mixes events of ${runs.size} runs.`);
  const begun = events.find((event) => event.type === "run.started");
  if (begun === undefined && events.length > 0) doubts.push("The record does not say that the run started.");
  if (begun !== undefined && begun.data.planDigest !== plan.digest) {
    doubts.push(`The run was started from the plan ${begun.data.planDigest.slice(0, 12)}, not from this one.`);
  }
  const known = new Set(plan.nodes.map((node) => node.id));
  const strange = [...records.keys()].filter((node) => !known.has(node));
  if (strange.length > 0) doubts.push(`The record speaks of nodes that the plan does not have: ${strange.join(", ")}.`);
  const astray = touchesOf(events).filter(
    ({ node, attempt }) => !records.get(node)?.attempts.some((one) => one.number === attempt && one.startedAt !== null),
  );
  if (astray.length > 0)
    doubts.push("A person touched a server, and the record does not say in which attempt of which node.");
  const finished = new Set(events.flatMap((event) => (event.type === "suite.finished" ? [event.seq] : [])));
  const orphans = results.filter((result) => !finished.has(result.seq));
  if (events.some((event) => event.type === "server.ready" && event.data.facts.hostClass === "simulated")) {
    doubts.push("Its servers were simulated: scripted machines prove nothing about a product.");
  }
  if (orphans.length > 0) doubts.push("There are results that no event of the record announced.");
  return doubts;
}
