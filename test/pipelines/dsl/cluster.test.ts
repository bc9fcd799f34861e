import { expect, test } from "vitest";
import { clusterWords, refuseCluster } from "../../../pipelines/cli/planning.ts";
import { cells, define, plan, printPlan } from "../../../pipelines/dsl/index.ts";
import type { ClusterRequest } from "../../../pipelines/dsl/request.ts";
import { awsCluster, scalewayCluster } from "../../../pipelines/stages/cluster-request.ts";

const place = { region: "eu-central-1", instanceType: "c8i.2xlarge", sshFrom: ["203.0.113.0/24"] };

function clusterPipeline(cluster: (os: string) => ClusterRequest | null, undo = true) {
  const { stage, pipeline } = define("edge", { matrix: cells({ os: ["debian-12", "ubuntu-24.04"] }) });
  const edge = stage("edge", {
    cluster: ({ cell }) => cluster(cell.os),
    run: async () => null,
    ...(undo ? { undo: async () => {} } : {}),
  });
  return pipeline([edge]);
}

test("a cluster is part of the plan of the node that holds it, not of its undo, and is printed with price and time", async () => {
  const request = awsCluster({ count: 3, os: "debian-12", mostDollarsPerHour: 5 }, place);
  const planned = await plan(
    clusterPipeline((os) => (os === "debian-12" ? request : null)),
    {},
    { refuseCluster },
  );
  expect(planned.nodes.map(({ id, cluster }) => [id, cluster])).toEqual([
    ["edge@debian-12", request],
    ["undo:edge@debian-12", undefined],
    ["edge@ubuntu-24.04", undefined],
    ["undo:edge@ubuntu-24.04", undefined],
  ]);
  // Giving back has an hour at its provider, and then still has to name what is left.
  expect(planned.nodes.map(({ policies }) => policies.timeout.value)).toEqual(
    [60, 75, 60, 10].map((minutes) => minutes * 60_000),
  );
  expect(printPlan(planned, "text", clusterWords)).toMatch(
    /edge@debian-12 +cluster at aws: 3 hosts, debian-12, region eu-central-1, instanceType c8i\.2xlarge, sshFrom \["203\.0\.113\.0\/24"\]; \$\d\.\d\d per hour, ready in about 3 minutes, at most \$5 per hour\n/,
  );
});

test.each<[string, ClusterRequest, RegExp]>([
  [
    "too dear",
    awsCluster({ count: 3, os: "debian-12", mostDollarsPerHour: 1 }, place),
    /more than is allowed: It costs \d\.\d\d US dollars per hour by list prices, and at most 1/,
  ],
  [
    "without a price",
    awsCluster({ count: 1, os: "debian-12", mostDollarsPerHour: 1 }, { ...place, instanceType: "z99.metal" }),
    /has no price for this machine/,
  ],
  ["no such image", awsCluster({ count: 1, os: "plan9-4" }, place), /plan9-4/],
  [
    "two wrong words",
    { ...awsCluster({ count: 0, os: "debian-12" }, place), settings: { ...place, colour: "red" } },
    /count: 0 is no number.*Unrecognized key: "colour"/,
  ],
  [
    "no such provider",
    { ...awsCluster({ count: 1, os: "debian-12" }, place), provider: "packet" },
    /"packet" is none of aws, equinix-metal, scaleway/,
  ],
  [
    "a service that ended",
    { provider: "equinix-metal", count: 1, os: "debian-12", settings: { metro: "am", plan: "c3.small.x86" } },
    /ended on 30 June 2026/,
  ],
])("a cluster is refused in the plan: %s", async (_, request, why) => {
  await expect(
    plan(
      clusterPipeline(() => request),
      {},
      { refuseCluster },
    ),
  ).rejects.toMatchObject({
    problems: [expect.objectContaining({ detail: expect.stringMatching(why) }), {}],
  });
});

test("a stage that brings a cluster up and never gives it back is a mistake", async () => {
  const request = scalewayCluster({ count: 1, os: "debian-12" }, { zone: "fr-par-1", offer: "EM-B220E-NVME" });
  await expect(plan(clusterPipeline(() => request, false))).rejects.toMatchObject({
    problems: [{ title: "edge@debian-12 cannot have its cluster", detail: "the stage has no undo." }, {}],
  });
});

test("words that a provider does not have do not compile", () => {
  // @ts-expect-error EC2 has regions, not metros
  awsCluster({ count: 1, os: "debian-12" }, { ...place, metro: "am" });
  // @ts-expect-error a cluster at Scaleway needs an offer
  scalewayCluster({ count: 1, os: "debian-12" }, { zone: "fr-par-1" });
  expect(awsCluster({ count: 1, os: "debian-12" }, place).settings).toEqual(place);
});
