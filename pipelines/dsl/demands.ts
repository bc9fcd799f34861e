import type { Definition } from "./definition.ts";
import { isName, isServerName, isValue } from "./identifier.ts";
import type { Json } from "./json.ts";
import { repeated } from "./matrix.ts";
import { measureProblems } from "./measure-limit.ts";
import { type Demands, type Grid, nodesOf, type StageNode } from "./nodes.ts";
import type { PlanOptions } from "./pipeline.ts";
import type { PlanSource } from "./plan-document.ts";
import type { Problem } from "./plan-error.ts";
import type { ClusterRequest, ServerRequest, SuiteExpectation } from "./request.ts";
import type { StageDefinition } from "./stage.ts";

const packageName = /^[a-z0-9][a-z0-9+.-]*$/;

interface Demand {
  readonly servers: readonly ServerRequest[];
  readonly suites: readonly SuiteExpectation[];
  readonly cluster?: ClusterRequest;
}

/** What the parameters decide: the servers and suites of each node, the place of each source, and all mistakes. */
export interface DemandReading {
  readonly demands: Demands;
  readonly sources: Readonly<Record<string, PlanSource>>;
  readonly problems: readonly Problem[];
}

/** Asks the functions of a definition about every node, and the options about every request for servers and clusters. */
export function readDemands(
  written: Definition,
  stages: readonly StageDefinition[],
  grid: Grid,
  params: Json,
  { refuse, refuseCluster }: Pick<PlanOptions, "refuse" | "refuseCluster">,
): DemandReading {
  const demands = new Map<string, Demand>();
  const problems: Problem[] = [];
  for (const stage of stages) {
    for (const node of nodesOf(stage, grid)) {
      const input = { params, cell: node.cell };
      const servers = attempt(problems, `servers of ${node.id}`, [], () => stage.servers(input));
      const suites = attempt(problems, `suites of ${node.id}`, [], () => stage.suites(input));
      const cluster = attempt(problems, `cluster of ${node.id}`, null, () => stage.cluster(input));
      demands.set(node.id, { servers, suites, ...(cluster === null ? {} : { cluster }) });
      problems.push(...serverProblems(stage, node, servers), ...suiteProblems(node, suites));
      if (cluster !== null) problems.push(...clusterProblems(stage, node, refuseCluster?.(cluster, node.id)));
      const reason = servers.length > 0 ? refuse?.(servers, node.id) : undefined;
      if (reason !== undefined) problems.push(unsatisfiable(node, reason));
    }
  }
  return { demands, sources: readSources(written, params, problems), problems };
}

function readSources(written: Definition, params: Json, problems: Problem[]): Record<string, PlanSource> {
  const sources: Record<string, PlanSource> = {};
  for (const [name, { url, ref = "HEAD" }] of Object.entries(written.sources)) {
    const source = attempt(problems, `source ${name}`, null, () => ({
      name,
      url: typeof url === "function" ? url({ params }) : url,
      ref: typeof ref === "function" ? ref({ params }) : ref,
    }));
    if (source === null) continue;
    sources[name] = source;
    // Because git takes what starts with - for an option.
    const bad = [source.url, source.ref].filter((text) => text.trim() === "" || text.startsWith("-"));
    const next = "Give a git URL or a path, and a branch, tag or commit.";
    problems.push(...bad.map((text) => ({ title: `Bad source ${name}`, detail: `${JSON.stringify(text)}.`, next })));
  }
  return sources;
}

function attempt<Value>(problems: Problem[], what: string, otherwise: Value, ask: () => Value): Value {
  try {
    return ask();
  } catch (error) {
    problems.push({
      title: `The function for ${what} threw`,
      detail: error instanceof Error ? error.message : String(error),
      next: "It must only compute, from params and cell, and must know every cell of its stage.",
    });
    return otherwise;
  }
}

function serverProblems(stage: StageDefinition, node: StageNode, servers: readonly ServerRequest[]): Problem[] {
  const problem = (detail: string, next: string): Problem => ({ title: `Bad server of ${node.id}`, detail, next });
  const names = servers.map((server) => server.name);
  const problems = repeated(names).map((name) =>
    problem(`two servers are called ${JSON.stringify(name)}.`, "Number them: node1, node2."),
  );
  if (servers.length > 0 && stage.body?.undo === undefined) {
    problems.push(problem("the stage has no undo.", "Give it an undo that releases the servers."));
  }
  for (const server of servers) {
    for (const [field, value, right] of checkedFields(server)) {
      if (!right) problems.push(problem(`${field} of ${server.name} is ${JSON.stringify(value)}.`, fieldRules[field]));
    }
  }
  return problems;
}

const fieldRules = {
  name: "A DNS label: small letters, digits and -, a letter first, 40 characters at most.",
  role: "Small letters and digits with single - between them.",
  os: "A name such as debian-12.",
  cores: "A whole number from 1.",
  memoryMiB: "A whole number of MiB from 64.",
  packages: "Names of packages of the distribution.",
};

function checkedFields(server: ServerRequest): readonly (readonly [keyof typeof fieldRules, unknown, boolean])[] {
  const wrong = server.packages.filter((name) => !packageName.test(name));
  return [
    ["name", server.name, isServerName(server.name)],
    ["role", server.role, isName(server.role)],
    ["os", server.os, isValue(server.os)],
    ["cores", server.cores, Number.isInteger(server.cores) && server.cores >= 1],
    ["memoryMiB", server.memoryMiB, Number.isInteger(server.memoryMiB) && server.memoryMiB >= 64],
    ["packages", wrong, wrong.length === 0],
  ];
}

function clusterProblems(stage: StageDefinition, node: StageNode, refusal: string | undefined): Problem[] {
  const title = `${node.id} cannot have its cluster`;
  const next = "Ask for another one, or raise its limit; edgecert catalog lists machines and prices.";
  const refused = refusal === undefined ? [] : [{ title, detail: refusal, next }];
  if (stage.body?.undo !== undefined) return refused;
  return [...refused, { title, detail: "the stage has no undo.", next: "Give it an undo that releases the cluster." }];
}

function suiteProblems(node: StageNode, suites: readonly SuiteExpectation[]): Problem[] {
  const names = suites.map((suite) => suite.name);
  const title = `Bad suite of ${node.id}`;
  const bad = names.filter((name) => !isName(name));
  return [
    ...suites.flatMap((suite) => measureProblems(title, suite.measures ?? [])),
    ...repeated(names).map((name) => ({
      title,
      detail: `two suites are called ${JSON.stringify(name)}.`,
      next: "Give each suite a name of its own.",
    })),
    ...bad.map((name) => ({
      title,
      detail: `${JSON.stringify(name)} cannot become a file name.`,
      next: "Use small letters and digits with single - between them.",
    })),
  ];
}

function unsatisfiable(node: StageNode, reason: string): Problem {
  return {
    title: `Nothing can give ${node.id} its servers`,
    detail: reason,
    next: "Ask for less, or run where there is more.",
  };
}
