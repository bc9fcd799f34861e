import { printDuration } from "./duration.ts";
import type { Json } from "./json.ts";
import { nodesOfNeed } from "./nodes.ts";
import type { Plan, PlanNeed, PlanNode, Sourced } from "./plan-document.ts";
import { printMermaid } from "./print-mermaid.ts";
import type { ClusterRequest, ServerRequest, SuiteExpectation } from "./request.ts";
import { scenarioIds } from "./requirement-mistakes.ts";

/** How a plan can be printed: for a person, for a program, for a page that draws Mermaid. */
export type PlanFormat = "text" | "json" | "mermaid";

/** What a cluster of the plan would cost and take, in a few words. */
export type ClusterWords = (request: ClusterRequest) => string;

/** The whole plan as text that ends with a line feed. */
export function printPlan(plan: Plan, format: PlanFormat = "text", words: ClusterWords = () => ""): string {
  if (format === "json") return `${JSON.stringify(plan, null, 2)}\n`;
  if (format === "mermaid") return printMermaid(plan);
  return printText(plan, words);
}

function printText(plan: Plan, words: ClusterWords): string {
  const { pipeline, cells, holes, nodes, secrets, digest } = plan;
  const sources = Object.values(plan.sources).map((source) => [source.name, `${source.url} at ${source.ref}`]);
  const axes = plan.axes.map((axis) => axis.name).join(", ");
  const sections = [
    section(`Plan of ${pipeline}`, [["digest", digest]]),
    section("Parameters", paramRows(plan.params)),
    section("Sources", sources),
    section("Concurrency", concurrencyRows(plan)),
    section("Waivers", waiverRows(plan)),
    section("Requirements", requirementRows(plan)),
    section("Secrets", secrets.length === 0 ? [] : [[secrets.join(", ")]]),
    section(
      `${count(cells.length, "cell")} (${axes})`,
      cells.map((cell) => [cell.id]),
    ),
    section("Partial", partialRows(plan)),
    section(
      count(holes.length, "hole"),
      holes.map((hole) => [hole.id, hole.reason]),
    ),
    section("Policies", policyRows(nodes)),
    section(
      `${count(nodes.length, "node")}, in order`,
      nodes.flatMap((node) => nodeRows(node, words)),
    ),
  ];
  return sections.filter((text) => text !== "").join("\n");
}

function concurrencyRows({ concurrency }: Plan): string[][] {
  return concurrency === undefined ? [] : [[concurrency.lane, concurrency.mode]];
}

function waiverRows({ waivers = [] }: Plan): string[][] {
  return waivers.map(({ scope, ticket, approver, expires }, index) => {
    const words = Object.entries(scope).map(([name, value]) => `${name} ${value}`);
    return [`W${index + 1}`, words.join(", "), `${ticket} by ${approver}, until ${expires}`];
  });
}

function requirementRows({ requirements }: Plan): string[][] {
  if (requirements === undefined) return [];
  return [[requirements.name, count(scenarioIds(requirements).size, "scenario")]];
}

function partialRows({ partial }: Plan): string[][] {
  if (partial === undefined) return [];
  const stages = partial.stages.length === 0 ? [] : [["left out", partial.stages.join(", ")]];
  return [["chosen by", partial.chosen.join(" or ")], ...partial.cells.map((cell) => ["not run", cell.id]), ...stages];
}

function section(title: string, rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? "" : `${title}\n${table(rows)}`;
}

/** Rows with aligned columns, indented by two. */
function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, text] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, text.length);
  }
  const line = (row: readonly string[]): string =>
    row.map((text, column) => text.padEnd(column === row.length - 1 ? 0 : (widths[column] ?? 0))).join("  ");
  return rows.map((row) => `  ${line(row)}`.trimEnd().concat("\n")).join("");
}

function paramRows(params: Json): string[][] {
  if (typeof params !== "object" || params === null) return [[JSON.stringify(params)]];
  return Object.entries(params).map(([name, value]) => [name, JSON.stringify(value)]);
}

function policyRows(nodes: readonly PlanNode[]): string[][] {
  const rows = new Map<string, string[]>();
  const holders = new Set(nodes.map(({ undoOf }) => undoOf));
  for (const node of nodes) {
    const name = node.kind === "undo" ? `undo:${node.stage}` : node.stage;
    const { timeout, stall, retry, lost, keep, keepFor, expires } = node.policies;
    const span = keepFor === undefined ? "" : ` for ${printDuration(keepFor.value)}`;
    const policies =
      node.kind === "approval"
        ? ["", "", "", "", "", shown(expires, duration)]
        : [
            shown(timeout, duration),
            shown(stall, duration),
            shown(retry, budget),
            // Because only what holds something has something to lose.
            node.kind === "run" && holders.has(node.id)
              ? shown(lost, (times) => (times === 0 ? "none" : `${times}`))
              : "",
            shown(keep, (word) => `${word}${span}`),
          ];
    // Because the nodes of one stage have the same policies: a row per stage says everything.
    rows.set(name, [name, ...policies]);
  }
  if (rows.size === 0) return [];
  return [["", "timeout", "stall", "retry", "lost", "keep", "expires"], ...rows.values()];
}

function shown<Value>({ value, from }: Sourced<Value>, print: (value: Value) => string): string {
  return `${print(value)} (${from})`;
}

function duration(value: number | null): string {
  return value === null ? "none" : printDuration(value);
}

function budget(retry: Readonly<Record<string, number>>): string {
  const parts = Object.entries(retry).map(([kind, times]) => `${kind} ${times}`);
  return parts.length === 0 ? "none" : parts.join(", ");
}

function nodeRows(node: PlanNode, words: ClusterWords): string[][] {
  const [first = "", ...more] = node.kind === "undo" ? node.after.map((id) => `after ${id}`) : factsOf(node, words);
  return [[node.id, first], ...more.map((fact) => ["", fact])];
}

function factsOf(node: PlanNode, words: ClusterWords): string[] {
  return [
    ...(node.kind === "approval" ? ["waits for a person"] : []),
    ...Object.entries(node.needs).flatMap(([name, need]) => needLines(name, need)),
    ...node.servers.map(server),
    ...(node.cluster === undefined ? [] : [cluster(node.cluster, words(node.cluster))]),
    ...node.suites.flatMap(suiteLines),
  ];
}

function suiteLines({ name, format, measures = [] }: SuiteExpectation): string[] {
  const limits = measures.map(({ name: measure, unit, limit }) => {
    const bound =
      limit.kind === "regression"
        ? `no more than ${limit.fraction * 100} % behind`
        : `${limit.kind.replace("-", " ")} ${limit.value}`;
    return `  measure ${measure}: ${bound}${unit === undefined ? "" : ` ${unit}`}`;
  });
  return [`suite ${name} (${format})`, ...limits];
}

function needLines(name: string, need: PlanNeed): string[] {
  const ids = nodesOfNeed(need);
  if (need.kind === "every")
    return [`needs every ${name}: ${count(ids.length, "node")}`, ...ids.map((id) => `  ${id}`)];
  if (need.node === null) return [`needs ${name}: absent in this cell`];
  return [need.node === name ? `needs ${name}` : `needs ${name}: ${need.node}`];
}

function server(request: ServerRequest): string {
  const size = `${count(request.cores, "core")}, ${request.memoryMiB} MiB`;
  const nested = request.nestedKvm ? ", nested KVM" : "";
  const packages = request.packages.length === 0 ? "" : `, with ${request.packages.join(" ")}`;
  const architecture = request.architecture === undefined ? "" : `, ${request.architecture}`;
  const image = request.image === undefined ? "" : `, from ${request.image.url}`;
  return `server ${request.name} (${request.role}): ${request.os}${architecture}, ${size}${nested}${packages}${image}`;
}

function cluster({ provider, count: hosts, os, settings, mostDollarsPerHour }: ClusterRequest, words: string): string {
  const said = Object.entries(settings).map(
    ([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const most = mostDollarsPerHour === undefined ? "" : `, at most $${mostDollarsPerHour} per hour`;
  return `cluster at ${provider}: ${count(hosts, "host")}, ${[os, ...said].join(", ")}${words}${most}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
