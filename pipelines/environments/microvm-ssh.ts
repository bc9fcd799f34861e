import type { Environment } from "./environment.ts";
import { sshCluster } from "./ssh-cluster.ts";

/** As `kvm-ssh`, with QEMU's small machine model for guests that start quickly. */
export const microvmSsh: Environment = sshCluster({
  name: "microvm-ssh",
  title: "microvm guests on nodes managed by SSH",
  since: "1.0",
  guestMachine: "microvm",
  java: true,
});
