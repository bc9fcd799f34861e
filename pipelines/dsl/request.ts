import type { Json } from "./json.ts";
import type { DeclaredMeasure } from "./measure-limit.ts";

/**
 * One server that a node asks for. Part of the plan, so that what nothing can satisfy is refused before anything
 * is spent. Every value is plain JSON.
 */
export interface ServerRequest {
  /** Host name inside the cell, such as `frontend` or `node1`: unique in the request, a valid DNS label. */
  readonly name: string;
  /** What the server is for, such as `build`, `frontend`, `node`. */
  readonly role: string;
  /** Operating system, such as `debian-12`. */
  readonly os: string;
  /** Virtual CPUs. */
  readonly cores: number;
  /** Memory in MiB. */
  readonly memoryMiB: number;
  /** Distribution packages that must be in the image before the server starts. */
  readonly packages: readonly string[];
  /** Whether the guest must offer a working `/dev/kvm` of its own. */
  readonly nestedKvm: boolean;
  /** Processor; default `amd64`. Another than the machine's own is emulated, and has no KVM in it. */
  readonly architecture?: "amd64" | "arm64";
  /** A ready-made image to start from, in place of one that is bootstrapped: `os` is then only its name. */
  readonly image?: CloudImage;
  /** sha256 of what an earlier image was made from: it is used as long as it is there, even if another is made now. */
  readonly imageDigest?: string;
  /** What the host under it must be; absent, any host with room will do. */
  readonly host?: HostDemand;
}

/** What a host may be wanted for; `infra/catalog/features.ts` says what each means. */
export type HostFeature = "gpu" | "nvme" | "fast-network" | "dense-cpu" | "large-memory";

/** What a server asks of the host under it. */
export interface HostDemand {
  /** All of these. */
  readonly features?: readonly HostFeature[];
  /**
   * What a virtual CPU gets: a share of a hardware thread, a hardware thread of its own, or a whole core of its own.
   * Default: `shared`.
   */
  readonly cpus?: "shared" | "thread" | "core";
  /** `one-node` keeps its processors and memory on one NUMA node; default: one node where that is possible. */
  readonly numa?: "one-node";
}

/**
 * A disk image with cloud-init and a boot loader for BIOS, as distributions publish them. Its packages are installed when
 * the server starts.
 */
export interface CloudImage {
  /** `https:`, `http:` or `file:`. */
  readonly url: string;
  /** sha256 in hex: an image with another digest is never started. */
  readonly sha256: string;
  readonly format: "qcow2" | "raw";
}

/** One suite whose evidence a node owes. What is expected here and has no evidence is never green. */
export interface SuiteExpectation {
  readonly name: string;
  readonly format: ResultFormat;
  /** Present where only this test of it is run: for a cell that is repeated. */
  readonly only?: OnlyTest;
  /** Numbers that it must report, with their limits; absent where none is declared. */
  readonly measures?: readonly DeclaredMeasure[];
}

/** A test as results name it. */
export interface OnlyTest {
  readonly class: string;
  readonly name: string;
}

/** A format of test results that `reports/formats` reads. */
export type ResultFormat = "rspec-json" | "rspec-lines" | "unittest" | "junit-xml" | "go-test-json" | "tap";

/**
 * A cluster of hosts that a node asks for at one provider. Part of the plan, so that what can never be had and what costs
 * too much is refused before anything is spent. Plain JSON.
 */
export interface ClusterRequest {
  /** Such as `aws`, `equinix-metal`, `scaleway` or `local-edge`. */
  readonly provider: string;
  /** Number of hosts, at least 1. */
  readonly count: number;
  /** Operating system of the hosts, such as `debian-12`. */
  readonly os: string;
  /** The provider's own words for place, machine and network, such as `region` and `instanceType`: it decodes them itself. */
  readonly settings: Readonly<Record<string, Json>>;
  /** The most that all hosts together may cost, in US dollars per hour; default: no limit. */
  readonly mostDollarsPerHour?: number;
}
