import type { Event } from "../../dsl/event.ts";
import { span } from "./paint.ts";
import type { Progress } from "./progress.ts";
import { clip } from "./terminal-text.ts";

/**
 * One event as one plain line, or null for what only a verbose log shows. A line starts with the time and the node,
 * so that no output of a product can begin a line: a CI that obeys `::command::` lines is not commanded.
 */
export function plainLine(event: Event, verbose: boolean): string | null {
  const text = sentence(event, verbose);
  if (text === null) return null;
  const who = event.node === undefined ? "run" : event.node;
  const host = event.host === undefined ? "" : ` [${event.host}]`;
  return clip(`${event.at.slice(11, 19)} ${who}${host}: ${text}`, 2_000);
}

/** The last output of a node that has just failed, so that nobody has to look elsewhere first; nothing for other events. */
export function failureTail(event: Event, progress: Progress): string[] {
  if (event.type !== "node.failed" && event.type !== "node.leaked") return [];
  const node = event.node === undefined ? undefined : progress.nodes.get(event.node);
  return (node?.tail ?? []).map((line) => clip(`    | ${line}`, 2_000));
}

function sentence(event: Event, verbose: boolean): string | null {
  switch (event.type) {
    case "run.started":
      return `${event.run} started: ${event.data.nodes} nodes, plan ${event.data.planDigest.slice(0, 12)}${event.data.follows === undefined ? "" : `, for the open cells of ${event.data.follows}`}`;
    case "run.resumed":
      return `resumed: ${event.data.reason}`;
    case "run.queued":
      return `waits for ${event.data.behind.join(", ")}: runs of ${event.data.lane} go one after another`;
    case "run.admitted":
      return `its turn came after ${span(event.data.waitedMs)}`;
    case "node.waiting":
      return `waits: ${event.data.reason}`;
    case "node.started":
      return (event.attempt ?? 1) > 1 ? `started, attempt ${event.attempt}` : "started";
    case "node.retrying":
      return `will be tried again in ${span(event.data.delayMs)}: ${event.data.failure.title}: ${event.data.failure.detail}`;
    case "node.passed":
      return "passed";
    case "node.failed":
    case "node.leaked":
      return `${event.type.slice(5)}: ${event.data.failure.title}: ${event.data.failure.detail} Next: ${event.data.failure.next}`;
    case "node.cancelled":
    case "node.skipped":
      return `${event.type.slice(5)}: ${event.data.reason}`;
    case "log":
      return verbose ? `| ${event.data.line}` : null;
    case "note":
      return event.data.text;
    default:
      return fact(event);
  }
}

function fact(event: Event): string | null {
  switch (event.type) {
    case "source.fetched": {
      const { name, commit, treeDigest, dirty } = event.data;
      return `source ${name} at ${commit.slice(0, 12)}, tree ${treeDigest.slice(0, 12)}${dirty ? " (differs from the commit)" : ""}`;
    }
    case "server.requested":
      return `asks for ${event.data.server} (${event.data.os})`;
    case "server.ready":
      return `${event.data.server} ready after ${span(event.data.facts.readyMs)} (${event.data.os}, ${event.data.facts.acceleration}, ${event.data.facts.startMode})`;
    case "server.rebooted":
      return `${event.data.server} rebooted in ${span(event.data.tookMs)}`;
    case "server.released":
      return `${event.data.server} given back`;
    case "attempt.touched":
      return `${event.data.by} ${event.data.what === "shell" ? "opened a shell" : "ran a command"} on ${event.data.server}: what runs there does not count`;
    case "package.built":
      return `built ${event.data.name} ${event.data.version} for ${event.data.os}, sha256 ${event.data.file.sha256.slice(0, 12)}`;
    case "suite.started":
      return `suite ${event.data.suite} started`;
    case "suite.finished":
      return `suite ${event.data.suite} ended with ${event.data.exitCode ?? "an unknown exit code"} after ${span(event.data.durationMs)}`;
    case "evidence":
      return `kept ${event.data.kind} ${event.data.file.path}${event.data.truncated ? " (cut)" : ""}`;
    case "approval.waiting":
      return `waits for edgecert approve ${event.run} or edgecert reject ${event.run}`;
    case "approval.decided":
      return `${event.data.decision} by ${event.data.by}${event.data.reason === "" ? "" : `: ${event.data.reason}`}`;
    case "cancel.requested":
      return `cancel asked for (${event.data.reason}): work is stopped, machines are given back`;
    case "run.sealed":
      return `sealed: ${event.data.verdict}, ${event.data.leftovers.length} left`;
    case "run.finished":
      return `finished: ${event.data.outcome}`;
    default:
      return null;
  }
}
