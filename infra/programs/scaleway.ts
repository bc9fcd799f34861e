import * as pulumi from "@pulumi/pulumi";
// Each from its own file, because the whole package takes a third of a second more.
import { getOfferOutput } from "@pulumiverse/scaleway/elasticmetal/getOffer.js";
import { getOsOutput } from "@pulumiverse/scaleway/elasticmetal/getOs.js";
import { Server } from "@pulumiverse/scaleway/elasticmetal/server.js";
import { SshKey } from "@pulumiverse/scaleway/iam/sshKey.js";
import { PrivateNetwork } from "@pulumiverse/scaleway/network/privateNetwork.js";
import { Vpc } from "@pulumiverse/scaleway/network/vpc.js";
import { Provider } from "@pulumiverse/scaleway/provider.js";
import { machineNamed } from "../catalog/catalog.ts";
import { type ScalewayImage, scalewayImage } from "../catalog/scaleway-images.ts";
import { InfraError } from "../failure.ts";
import { encodeTags, type Tags } from "../tags.ts";
import { cloudTags, tagWords } from "./cloud-tags.ts";
import { type ClusterArgs, defaultSshPort, type EdgeCluster, type Host } from "./edge-cluster.ts";
import { unknownSystem } from "./failures.ts";
import { scalewayMistakes } from "./scaleway-mistakes.ts";
import { type NamedKey, namedKeys, userData } from "./user-data.ts";

/** A cluster on Scaleway Elastic Metal. Credentials come from the environment, never from here. */
export interface ScalewayClusterArgs extends ClusterArgs {
  /** Such as `fr-par-1`. */
  readonly zone: string;
  /** Such as `EM-B220E-NVME`: one that takes cloud-init. */
  readonly offer: string;
  /** Project that owns and pays for it; default: `SCW_DEFAULT_PROJECT_ID`. */
  readonly projectId?: string;
}

/**
 * Scaleway's option of an offer that lets its servers into private networks, the same in every zone: the provider itself
 * knows it by this id (terraform-provider-scaleway, `internal/services/baremetal/helpers.go`).
 */
const privateNetworkOption = "cd4158d7-2d65-49be-8803-c4b8ab6f760c";

/** Of the private network: a VPC has one cluster alone, so that it is in nobody's way. */
const subnet = "10.70.0.0/22";

/**
 * Elastic Metal servers by the hour in a private network of their own. Servers, network and VPC are created with their
 * tags; the login key, which can have none, carries them in its name. Throws an InfraError for what cannot be had.
 */
export class ScalewayCluster extends pulumi.ComponentResource implements EdgeCluster {
  readonly hosts: pulumi.Output<readonly Host[]>;

  constructor(name: string, args: ScalewayClusterArgs, options: pulumi.ComponentResourceOptions = {}) {
    const image = checked(args);
    const tags = cloudTags(args.owner);
    const keys = namedKeys(name, args);
    super("edgecert:infra:ScalewayCluster", name, {}, options);
    const project = args.projectId === undefined ? {} : { projectId: args.projectId };
    const region = args.zone.replace(/-\d+$/, "");
    // Without a retry limit, because the provider has none to set: it gives an answer of 429 or 5xx four attempts
    // (terraform-provider-scaleway, issue 1517), and shortage none.
    const provider = new Provider(name, { zone: args.zone, region, ...project }, { parent: this });
    const inCluster = { parent: this, provider };
    const loginKey = new SshKey(
      name,
      { name: encodeTags({ ...tags }), publicKey: args.sshPublicKey, ...project },
      inCluster,
    );
    const network = createNetwork(name, { region, tags: tagWords(tags), ...project }, inCluster);
    const hourly = getOfferOutput({ name: args.offer, zone: args.zone, subscriptionPeriod: "hourly" }, inCluster);
    const system = getOsOutput({ name: image.name, version: image.version, zone: args.zone }, inCluster);
    const found = { offer: hourly.id, os: system.id };
    const hosts = keys.map((named) =>
      createServer({ named, args, image, tags, project, network, loginKey, found, inCluster }),
    );
    this.hosts = pulumi.all(hosts);
    this.registerOutputs({ hosts: this.hosts });
  }
}

function checked(args: ScalewayClusterArgs): ScalewayImage {
  const [mistake] = scalewayMistakes(args);
  if (mistake !== undefined) throw new InfraError(mistake);
  const image = scalewayImage(args.os);
  if (image === null) throw new InfraError(unknownSystem("Scaleway Elastic Metal", args.os, []));
  return image;
}

interface NetworkArgs {
  readonly region: string;
  readonly tags: string[];
  readonly projectId?: string;
}

/** A private network among the hosts, in a VPC for one cluster alone. */
function createNetwork(name: string, args: NetworkArgs, inCluster: pulumi.CustomResourceOptions): PrivateNetwork {
  const vpc = new Vpc(name, { name, ...args }, inCluster);
  return new PrivateNetwork(name, { name, ...args, vpcId: vpc.id, ipv4Subnet: { subnet } }, inCluster);
}

interface ServerParts {
  readonly named: NamedKey;
  readonly args: ScalewayClusterArgs;
  readonly image: ScalewayImage;
  readonly tags: Tags;
  readonly project: { readonly projectId?: string };
  readonly network: PrivateNetwork;
  readonly loginKey: SshKey;
  readonly found: { readonly offer: pulumi.Input<string>; readonly os: pulumi.Input<string> };
  readonly inCluster: pulumi.CustomResourceOptions;
}

function createServer(parts: ServerParts): pulumi.Output<Host> {
  const { named, args, image } = parts;
  const { hostname } = named;
  const { sshPort = defaultSshPort } = args;
  const server = new Server(
    hostname,
    {
      name: hostname,
      hostname,
      zone: args.zone,
      ...parts.found,
      ...parts.project,
      sshKeyIds: [parts.loginKey.id],
      options: [{ id: privateNetworkOption }],
      privateNetworks: [{ id: parts.network.id }],
      // No powering off at the expiry: a stopped server goes on costing. Only the sweep ends it.
      cloudInit: userData(named, { powerOffAt: null, sshPort }),
      tags: tagWords(parts.tags),
    },
    {
      ...parts.inCluster,
      additionalSecretOutputs: ["cloudInit"],
      // A newer image must not install a running host anew, nor another offer of the same name replace it.
      ignoreChanges: ["os", "offer", "cloudInit"],
      // Delivery and installation together: an hour is what the provider itself allows for them.
      customTimeouts: { create: "60m", delete: "30m" },
    },
  );
  const { id, ipv4s, privateIps, privateNetworks, os } = server;
  return pulumi.all([id, ipv4s, privateIps, privateNetworks, os]).apply(
    ([id, addresses, privateIps, networks, installed]): Host => ({
      name: hostname,
      id,
      address: given(addresses[0]?.address, hostname, "public IPv4 address"),
      ...privateSide(hostname, privateIps, networks ?? []),
      sshPort,
      user: image.user,
      hostKey: named.hostKey.publicKey,
      os: args.os,
      image: { id: given(installed, hostname, "operating system"), name: `${image.name} ${image.version}` },
      hostClass: "metal",
      architecture: "amd64",
      machineType: args.offer,
      location: args.zone,
      zone: null,
      price: machineNamed(args.offer, "scaleway")?.price ?? null,
    }),
  );
}

/** Addresses of a host in its network may be written with the length of it. */
function privateSide(
  hostname: string,
  addresses: readonly { readonly address: string }[],
  networks: readonly { readonly vlan: number }[],
): Pick<Host, "privateAddress" | "privateVlan"> {
  const written = addresses.find(({ address }) => address.includes("."))?.address;
  const [privateAddress = ""] = given(written, hostname, "IPv4 address in its private network").split("/");
  const [network] = networks;
  if (network === undefined) return { privateAddress };
  return { privateAddress, privateVlan: { id: network.vlan, address: `${privateAddress}/${subnet.split("/")[1]}` } };
}

/** The provider takes an installation that failed for one that ended: its servers come without what they should have. */
function given(value: string | undefined, hostname: string, what: string): string {
  if (value !== undefined) return value;
  throw new Error(`Scaleway delivered ${hostname} without a ${what}`);
}
