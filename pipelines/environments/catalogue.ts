import type { Environment } from "./environment.ts";
import { kvmSsh } from "./kvm-ssh.ts";
import { microvmSsh } from "./microvm-ssh.ts";

/** Every product environment by the name that stands on the matrix's axis. */
export const environments = {
  "kvm-ssh": kvmSsh,
  "microvm-ssh": microvmSsh,
} satisfies Record<string, Environment>;
