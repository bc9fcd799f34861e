import { expect, test } from "vitest";
import { machines } from "../../../infra/catalog/catalog.ts";
import { type MachineType, renters } from "../../../infra/catalog/machine-type.ts";
import { scalewayOffers } from "../../../infra/catalog/scaleway-offers.ts";
import { type EdgeClusterArgs, edgeCluster } from "../../../infra/programs/edge-cluster.ts";
import { awsArgs, equinixMetalArgs, scalewayArgs } from "./arguments.ts";
import { known, record } from "./recording.ts";

/** A program with one host of that machine, in the first place that has it and with as little beside it as can be. */
function programOf({ provider, name, locations: places }: MachineType): EdgeClusterArgs {
  const one = { count: 1, hostKeys: awsArgs.hostKeys.slice(0, 1) };
  const [place] = places;
  if (provider === "scaleway") return { ...scalewayArgs, ...one, offer: name, zone: place ?? scalewayArgs.zone };
  if (provider === "equinix-metal") return { ...equinixMetalArgs, ...one, plan: name };
  return { ...awsArgs, ...one, instanceType: name, region: place ?? awsArgs.region, subnetId: "subnet-0abc" };
}

/** Offers without cloud-init are known, and refused: nobody could tell their hosts from others. */
const usable = machines.filter(({ provider, name }) => provider !== "scaleway" || scalewayOffers.includes(name));
const perProgram = 20;
const groups = renters.flatMap((provider) => {
  const own = usable.filter((one) => one.provider === provider);
  expect(own.length, provider).toBeGreaterThan(10);
  return Array.from({ length: Math.ceil(own.length / perProgram) }, (_, index) => ({
    first: own[index * perProgram]?.name ?? "",
    provider,
    group: own.slice(index * perProgram, (index + 1) * perProgram),
  }));
});

test.each(groups)("every machine of $provider from $first on yields a program", async ({ group }) => {
  const { output, resources } = await record(async () =>
    Promise.all(group.map((machine, index) => edgeCluster(`m${index}`, named(programOf(machine))))),
  );
  const hosts = (await Promise.all(output.map((cluster) => known(cluster.hosts)))).flat();
  const said = hosts.map(({ machineType, hostClass, architecture, price }) => ({
    machineType,
    hostClass,
    architecture,
    price,
  }));
  expect(said).toEqual(
    group.map(({ name, hostClass, architecture, price }) => ({ machineType: name, hostClass, architecture, price })),
  );
  const nested = resources.filter(({ inputs }) => inputs.cpuOptions !== undefined);
  expect(nested).toHaveLength(group.filter(({ hostClass }) => hostClass === "nested").length);
});

/** Images of the other partition are found by id alone. */
function named(args: EdgeClusterArgs): EdgeClusterArgs {
  return args.provider === "aws" && args.region.startsWith("us-gov-") ? { ...args, ami: "ami-0abc" } : args;
}
