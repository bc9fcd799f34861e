import type { Environment } from "./environment.ts";
import { sshCluster } from "./ssh-cluster.ts";

/** Full virtual machines on nodes that the front-end manages by SSH. */
export const kvmSsh: Environment = sshCluster({
  name: "kvm-ssh",
  title: "KVM guests on nodes managed by SSH",
  since: "1.0",
  guestMachine: "q35",
  java: false,
});
