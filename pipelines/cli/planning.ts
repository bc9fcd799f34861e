import { machineSize, neverFits } from "../../infra/hosts/capacity.ts";
import { clusterOffer } from "../../infra/providers/cluster-providers.ts";
import { isThisMachine } from "../../infra/providers/machines.ts";
import type { Plan } from "../dsl/plan-document.ts";
import type { ClusterRequest, ServerRequest } from "../dsl/request.ts";
import { rememberNames } from "./completion/names.ts";
import { type Definition, loadDefinition } from "./definition.ts";
import { UsageError } from "./exit.ts";
import { homeFolder } from "./home.ts";
import { openCellsOf } from "./open-cells.ts";
import { readParameters } from "./parameters.ts";
import { inventoryOfRun, nameInventory } from "./run-inventory.ts";

/** Words that choose what is planned. */
export interface PlanChoice {
  readonly param: readonly string[];
  readonly paramsFile?: string;
  /** Patterns, as `--cells` takes them. */
  readonly cells?: readonly string[];
  /** File of hosts, for clusters of the provider `inventory`. */
  readonly inventory?: string;
  /** A run whose cells that did not pass are planned again, with its definition and parameters where none are given. */
  readonly onlyFailed?: string;
}

/** A definition with its plan; `follows` names the run whose open cells it is for. */
export interface Planned extends Definition {
  readonly plan: Plan;
  readonly follows?: string;
}

/** A definition with its plan for the chosen parameters and cells. */
export async function makePlan(path: string | undefined, choice: PlanChoice): Promise<Planned> {
  nameInventory(choice.inventory);
  const params = readParameters(choice.param, choice.paramsFile);
  if (choice.onlyFailed !== undefined) return planAgain(path, params, choice.onlyFailed);
  if (path === undefined)
    throw new UsageError("No definition", "none was given", "name the file that exports the pipeline");
  const definition = await loadDefinition(path);
  const plan = await planOf(definition, params, choice.cells);
  if (choice.cells === undefined) rememberNames(homeFolder(), definition.file, plan);
  return { ...definition, plan };
}

async function planAgain(path: string | undefined, params: Record<string, unknown>, named: string): Promise<Planned> {
  const { record, cells } = await openCellsOf(named);
  await inventoryOfRun(record.run);
  const definition = await loadDefinition(path ?? record.definition);
  const { name } = definition.pipeline;
  if (name !== record.pipeline)
    throw new UsageError("Another pipeline", `${record.run} ran ${record.pipeline}, not ${name}`, "leave it out");
  const plan = await planOf(definition, { ...objectOf(record.params), ...params }, cells);
  const given = Object.keys(params);
  const changed = given.length === 0 ? "its parameters" : `its parameters but ${given.join(", ")}`;
  process.stderr.write(
    `edgecert: of ${record.run} these cells did not pass and are planned: ${cells.join(", ")}\n` +
      `  with ${definition.file} and ${changed}\n`,
  );
  return { ...definition, plan, follows: record.run };
}

/** Why this machine can never hold what is asked for; undefined where it can, or where others may be asked. */
export function refuseOversized(requests: readonly ServerRequest[]): string | undefined {
  return isThisMachine() ? neverFits(requests, machineSize()) : undefined;
}

/** Why a cluster can never be had, or costs more than its request allows; undefined where nothing stands against it. */
export function refuseCluster(request: ClusterRequest): string | undefined {
  const offer = clusterOffer(request);
  return "reason" in offer ? `${offer.title}: ${offer.detail} ${offer.next}` : undefined;
}

/** What a cluster of a plan costs and takes, as a plan prints it. */
export function clusterWords(request: ClusterRequest): string {
  const offer = clusterOffer(request);
  if ("reason" in offer) return "";
  const price = offer.dollarsPerHour === null ? "no list price known" : `$${offer.dollarsPerHour.toFixed(2)} per hour`;
  return `; ${price}, ready in about ${Math.ceil(offer.secondsToReady / 60)} minutes`;
}

function planOf({ pipeline }: Definition, params: object, cells: readonly string[] | undefined): Promise<Plan> {
  return pipeline.plan(params, {
    refuse: refuseOversized,
    refuseCluster,
    now: new Date().toISOString(),
    ...(cells === undefined ? {} : { cells }),
  });
}

function objectOf(params: unknown): object {
  return typeof params === "object" && params !== null ? params : {};
}
