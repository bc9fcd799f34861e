import * as metal from "@pulumi/equinix-metal";
import * as pulumi from "@pulumi/pulumi";
import { machineNamed } from "../catalog/catalog.ts";
import { equinixPlanSlug, equinixPlans, equinixSystemSlug } from "../catalog/equinix-plans.ts";
import { InfraError } from "../failure.ts";
import { encodeTags, type Tags } from "../tags.ts";
import { cloudTags, tagWords } from "./cloud-tags.ts";
import { type ClusterArgs, defaultSshPort, type EdgeCluster, type Host } from "./edge-cluster.ts";
import { equinixMetalEnded, fakeApiNotLocal, unknownModel } from "./failures.ts";
import { type NamedKey, namedKeys, userData } from "./user-data.ts";

/** A cluster on Equinix Metal, formerly Packet, which ended on 30 June 2026: only a fake of its API can answer. */
export interface EquinixMetalClusterArgs extends ClusterArgs {
  /** Such as `am`. */
  readonly metro: string;
  /** Such as `c3.small.x86`. */
  readonly plan: string;
  readonly projectId: string;
  /** Where the fake listens, `127.0.0.1:<port>`. Without it the cluster is refused. */
  readonly fakeApi?: string;
}

/** Metal devices of one project. Throws an InfraError without a fake of the API, and for a plan that never was. */
export class EquinixMetalCluster extends pulumi.ComponentResource implements EdgeCluster {
  readonly hosts: pulumi.Output<readonly Host[]>;

  constructor(name: string, args: EquinixMetalClusterArgs, options: pulumi.ComponentResourceOptions = {}) {
    refuseRealUse(args.fakeApi);
    const plan = checkedPlan(args.plan);
    const tags = cloudTags(args.owner);
    const keys = namedKeys(name, args);
    super("edgecert:infra:EquinixMetalCluster", name, {}, options);
    const inCluster = { parent: this, provider: fakeProvider(name, this) };
    const loginKey = new metal.ProjectSshKey(
      name,
      // The API gives keys no tags, so the name carries them.
      { name: encodeTags({ ...tags }), projectId: args.projectId, publicKey: args.sshPublicKey },
      inCluster,
    );
    const hosts = keys.map((named) => createDevice({ named, args, plan, tags, loginKey, inCluster }));
    this.hosts = pulumi.all(hosts);
    this.registerOutputs({ hosts: this.hosts });
  }
}

function refuseRealUse(fakeApi: string | undefined): void {
  if (fakeApi === undefined) throw new InfraError(equinixMetalEnded);
  if (!/^(127\.\d+\.\d+\.\d+|localhost|\[::1\]):\d+$/.test(fakeApi)) throw new InfraError(fakeApiNotLocal(fakeApi));
}

function checkedPlan(plan: string): string {
  const slug = equinixPlanSlug(plan);
  if (slug === null) throw new InfraError(unknownModel("equinix-metal", plan, equinixPlans));
  return slug;
}

function fakeProvider(name: string, parent: pulumi.Resource): metal.Provider {
  // The package insists on a token. This one is no credential; it keeps a real one of the environment from being sent.
  return new metal.Provider(name, { authToken: "fake", maxRetries: 1, maxRetryWaitSeconds: 5 }, { parent });
}

interface DeviceParts {
  readonly named: NamedKey;
  readonly args: EquinixMetalClusterArgs;
  readonly plan: string;
  readonly tags: Tags;
  readonly loginKey: metal.ProjectSshKey;
  readonly inCluster: pulumi.CustomResourceOptions;
}

function createDevice({ named, args, plan, tags, loginKey, inCluster }: DeviceParts): pulumi.Output<Host> {
  const { hostname } = named;
  const { sshPort = defaultSshPort } = args;
  const device = new metal.Device(
    hostname,
    {
      hostname,
      plan,
      operatingSystem: equinixSystemSlug(args.os),
      metro: args.metro,
      billingCycle: "hourly",
      projectId: args.projectId,
      projectSshKeyIds: [loginKey.id],
      // No powering off at the expiry: a stopped device went on costing. Only the sweep ended it.
      userData: userData(named, { powerOffAt: null, sshPort }),
      tags: tagWords(tags),
    },
    {
      ...inCluster,
      additionalSecretOutputs: ["userData", "rootPassword"],
      ignoreChanges: ["operatingSystem", "userData"],
      customTimeouts: { create: "30m", delete: "40m" },
    },
  );
  const { id, accessPublicIpv4, accessPrivateIpv4, deployedFacility } = device;
  return pulumi.all([id, accessPublicIpv4, accessPrivateIpv4, deployedFacility]).apply(
    ([id, address, privateAddress, zone]): Host => ({
      name: hostname,
      id,
      address,
      privateAddress,
      sshPort,
      user: "root",
      hostKey: named.hostKey.publicKey,
      os: args.os,
      image: { id: equinixSystemSlug(args.os), name: args.os },
      hostClass: "metal",
      architecture: "amd64",
      machineType: args.plan,
      location: args.metro,
      zone: zone ?? null,
      price: machineNamed(args.plan, "equinix-metal")?.price ?? null,
    }),
  );
}
