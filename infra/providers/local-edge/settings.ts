import * as z from "zod";
import type { Failure } from "../../../pipelines/dsl/failure.ts";
import type { ClusterRequest } from "../../../pipelines/dsl/request.ts";

const schema = z.strictObject({
  /** Of each host, in MiB; default 2048. */
  memoryMiB: z.int().min(512).default(2048),
  /** Virtual CPUs of each host; default 2. */
  cores: z.int().min(1).default(2),
  /** Port of each host's loopback address, and of its sshd; default 2222. */
  sshPort: z.int().min(1024).max(65_535).default(2222),
});

/** What hosts of `local-edge` are asked to be. */
export type HostSettings = z.infer<typeof schema>;

/** The settings of a request with their defaults, or every problem with it at once. Pure. */
export function hostSettings({ count, settings }: ClusterRequest): HostSettings | Failure {
  const read = schema.safeParse(settings);
  const problems = read.success
    ? []
    : read.error.issues.map(({ path, message }) => `${path.join(".") || "settings"}: ${message}`);
  if (!Number.isInteger(count) || count < 1) problems.push(`count: ${count} is no number of hosts`);
  return read.success && problems.length === 0 ? read.data : badSettings(problems);
}

/** The host names of a request: `edge-1`, `edge-2`. Pure. */
export function namesOf({ count }: ClusterRequest): readonly string[] {
  return Array.from({ length: count }, (_, index) => `edge-${index + 1}`);
}

function badSettings(problems: readonly string[]): Failure {
  return {
    reason: "bad-cluster-settings",
    class: "configuration",
    title: "The settings of the local-edge cluster are wrong",
    detail: problems.join("; "),
    next: "Known are memoryMiB, cores and sshPort, each a whole number that may be left out.",
  };
}
