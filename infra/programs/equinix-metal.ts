import { Device } from "@pulumi/equinix-metal/device.js";
import { DeviceNetworkType } from "@pulumi/equinix-metal/deviceNetworkType.js";
import { PortVlanAttachment } from "@pulumi/equinix-metal/portVlanAttachment.js";
import { Project } from "@pulumi/equinix-metal/project.js";
import { ProjectSshKey } from "@pulumi/equinix-metal/projectSshKey.js";
import { Provider } from "@pulumi/equinix-metal/provider.js";
import { Vlan } from "@pulumi/equinix-metal/vlan.js";
import * as pulumi from "@pulumi/pulumi";
import { machineNamed } from "../catalog/catalog.ts";
import { equinixPlanSlug, equinixSystemSlug } from "../catalog/equinix-plans.ts";
import { locationNamed } from "../catalog/locations.ts";
import { InfraError } from "../failure.ts";
import { encodeTags, type Tags } from "../tags.ts";
import { cloudTags, tagWords } from "./cloud-tags.ts";
import { type ClusterArgs, defaultSshPort, type EdgeCluster, type Host } from "./edge-cluster.ts";
import { equinixMetalMistakes } from "./equinix-metal-mistakes.ts";
import { unknownModel } from "./failures.ts";
import { type NamedKey, namedKeys, userData } from "./user-data.ts";

/** A cluster on Equinix Metal, formerly Packet, which ended on 30 June 2026: only a fake of its API can answer. */
export interface EquinixMetalClusterArgs extends ClusterArgs {
  /** Such as `am`; a facility of Packet's, such as `ams1`, and a city mean the metro that they were in. */
  readonly metro: string;
  /** Such as `c3.small.x86`, also by the API's own slug, such as `baremetal_1`. */
  readonly plan: string;
  /** An existing project; by default one is made for the cluster alone, which carries the tags in its name. */
  readonly projectId?: string;
  /** Organisation that a new project belongs to; default: that of the token. */
  readonly organizationId?: string;
  /** Numbers of VLANs (2 to 3999) that are made and attached to every host; default none. */
  readonly vlans?: readonly number[];
  /**
   * How the ports of the hosts work: `layer3`, the default, has routed addresses alone; `hybrid` has VLANs beside them and
   * is the default where VLANs are asked for; `layer2-bonded` and `layer2-individual` have VLANs alone, so that SSH needs a
   * way into one of them that is not of this program.
   */
  readonly networkType?: "layer3" | "hybrid" | "layer2-bonded" | "layer2-individual";
  /** Where the fake listens, `127.0.0.1:<port>`. Without it the cluster is refused. */
  readonly fakeApi?: string;
}

/** Metal devices of one project. Throws an InfraError without a fake of the API, and for what never was. */
export class EquinixMetalCluster extends pulumi.ComponentResource implements EdgeCluster {
  readonly hosts: pulumi.Output<readonly Host[]>;

  constructor(name: string, args: EquinixMetalClusterArgs, options: pulumi.ComponentResourceOptions = {}) {
    const { plan, metro } = checked(args);
    const tags = cloudTags(args.owner);
    const keys = namedKeys(name, args);
    super("edgecert:infra:EquinixMetalCluster", name, {}, options);
    const inCluster = { parent: this, provider: fakeProvider(name, this) };
    const projectId = args.projectId ?? createProject(name, args, tags, inCluster).id;
    const loginKey = new ProjectSshKey(
      name,
      // The API gives keys no tags, so the name carries them.
      { name: encodeTags({ ...tags }), projectId, publicKey: args.sshPublicKey },
      inCluster,
    );
    const vlans = (args.vlans ?? []).map(
      (vxlan) =>
        new Vlan(`${name}-${vxlan}`, { projectId, metro, vxlan, description: encodeTags({ ...tags }) }, inCluster),
    );
    const hosts = keys.map((named) =>
      createDevice({ named, args, plan, metro, projectId, tags, loginKey, vlans, inCluster }),
    );
    this.hosts = pulumi.all(hosts);
    this.registerOutputs({ hosts: this.hosts });
  }
}

function checked(args: EquinixMetalClusterArgs): { readonly plan: string; readonly metro: string } {
  const [mistake] = equinixMetalMistakes(args);
  if (mistake !== undefined) throw new InfraError(mistake);
  const [plan, location] = [equinixPlanSlug(args.plan), locationNamed("equinix-metal", args.metro)];
  if (plan === null || location === null) throw new InfraError(unknownModel("equinix-metal", args.plan, []));
  return { plan, metro: location.id };
}

function fakeProvider(name: string, parent: pulumi.Resource): Provider {
  // The package insists on a token. This one is no credential; it keeps a real one of the environment from being sent.
  return new Provider(name, { authToken: "fake", maxRetries: 1, maxRetryWaitSeconds: 5 }, { parent });
}

function createProject(
  name: string,
  { organizationId }: EquinixMetalClusterArgs,
  tags: Tags,
  inCluster: pulumi.CustomResourceOptions,
): Project {
  const owned = organizationId === undefined ? {} : { organizationId };
  return new Project(name, { name: encodeTags({ ...tags }), ...owned }, inCluster);
}

interface DeviceParts {
  readonly named: NamedKey;
  readonly args: EquinixMetalClusterArgs;
  readonly plan: string;
  readonly metro: string;
  readonly projectId: pulumi.Input<string>;
  readonly tags: Tags;
  readonly loginKey: ProjectSshKey;
  readonly vlans: readonly Vlan[];
  readonly inCluster: pulumi.CustomResourceOptions;
}

function createDevice(parts: DeviceParts): pulumi.Output<Host> {
  const { named, args, plan, metro, projectId, tags, loginKey, inCluster } = parts;
  const { hostname } = named;
  const { sshPort = defaultSshPort } = args;
  const device = new Device(
    hostname,
    {
      hostname,
      plan,
      operatingSystem: equinixSystemSlug(args.os),
      metro,
      billingCycle: "hourly",
      projectId,
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
  attachNetworks(device, parts);
  const { id, accessPublicIpv4, accessPrivateIpv4, deployedFacility } = device;
  return pulumi
    .all([id, accessPublicIpv4, accessPrivateIpv4, deployedFacility])
    .apply(([id, address, privateAddress, zone]) => ({
      ...described(parts),
      id,
      address,
      privateAddress,
      zone: zone ?? null,
    }));
}

/** What is known of a device before it exists. */
function described({ named, args, metro }: DeviceParts) {
  return {
    name: named.hostname,
    sshPort: args.sshPort ?? defaultSshPort,
    user: "root",
    hostKey: named.hostKey.publicKey,
    os: args.os,
    image: { id: equinixSystemSlug(args.os), name: args.os },
    hostClass: "metal",
    architecture: "amd64",
    machineType: args.plan,
    location: metro,
    price: machineNamed(args.plan, "equinix-metal")?.price ?? null,
  } as const;
}

/** The ports change first, because a VLAN can be attached only to a port that takes any. */
function attachNetworks(device: Device, { named, args, vlans, inCluster }: DeviceParts): void {
  const { networkType = vlans.length === 0 ? "layer3" : "hybrid" } = args;
  if (networkType === "layer3") return;
  const ports = new DeviceNetworkType(named.hostname, { deviceId: device.id, type: networkType }, inCluster);
  const portName = networkType === "layer2-individual" ? "eth1" : "bond0";
  for (const [index, vlan] of vlans.entries())
    new PortVlanAttachment(
      `${named.hostname}-${args.vlans?.[index]}`,
      { deviceId: device.id, portName, vlanVnid: vlan.vxlan },
      { ...inCluster, dependsOn: [ports] },
    );
}
