import { edgeprobeSuites } from "./edgeprobe-suites.ts";
import type { Environment, Proof } from "./environment.ts";

const collectorPort = 7420;

/**
 * A front-end with the collector and one node with the agent, which the front-end reaches by SSH; guests of the node
 * use the machine model given. With `java` the front-end has Java and the client, and tests them.
 */
export function sshCluster(
  of: Pick<Environment, "name" | "title" | "since" | "guestMachine"> & { readonly java: boolean },
): Environment {
  const { java, ...named } = of;
  return {
    ...named,
    roles: [
      {
        name: "frontend",
        servers: ["frontend"],
        cores: 1,
        memoryMiB: 768,
        packages: [
          ...["openssh-client", "python3", "python3-cryptography", "ruby-rspec", "ruby-rspec-retry"],
          ...(java ? ["default-jre-headless", "junit5", "libgoogle-gson-java"] : []),
        ],
        nestedKvm: false,
        installs: ["edgeprobe", "edgeprobe-exporter", "edgeprobe-tests", ...(java ? ["edgeprobe-client"] : [])],
        logs: ["/var/log/dpkg.log"],
      },
      {
        name: "node",
        servers: ["node1"],
        cores: 1,
        memoryMiB: 1536,
        packages: ["busybox-static", "cpio", "python3", "python3-cryptography", "qemu-system-x86"],
        nestedKvm: true,
        installs: ["edgeprobe"],
        logs: ["/var/log/dpkg.log", "/run/edgeprobe-guest/console"],
      },
    ],
    dependencies: { storage: "local", network: "private" },
    state: [
      {
        roles: ["frontend"],
        path: "/etc/edgeprobe/collector.conf",
        mode: "0644",
        owner: "root",
        content: {
          text: `[collector]\nlisten = 0.0.0.0:${collectorPort}\nkey-file = /etc/edgeprobe/psk\nreplay-window = 5m\n`,
        },
      },
      {
        roles: ["node"],
        path: "/etc/edgeprobe/agent.conf",
        mode: "0644",
        owner: "root",
        content: {
          text: `[agent]\ncollector = frontend:${collectorPort}\ninterval = 2s\nkey-file = /etc/edgeprobe/psk\n`,
        },
      },
      {
        roles: ["frontend", "node"],
        path: "/etc/edgeprobe/psk",
        mode: "0600",
        owner: "edgeprobe",
        content: { generated: "key" },
      },
    ],
    proofs: proofs(of.guestMachine),
    tests: "tests",
    suites: edgeprobeSuites(of),
  };
}

function proofs(machine: Environment["guestMachine"]): Proof[] {
  // KVM_GET_API_VERSION, which is 12 for ever, then KVM_CREATE_VM: a device that opens may still be without use.
  const createsMachine =
    'python3 -c \'import fcntl, os; kvm = os.open("/dev/kvm", os.O_RDWR); ' +
    "assert fcntl.ioctl(kvm, 0xAE00) == 12; fcntl.ioctl(kvm, 0xAE01, 0)'";
  return [
    { title: "KVM makes a virtual machine", role: "node", command: createsMachine },
    {
      title: `QEMU knows the machine model ${machine}`,
      role: "node",
      command: `qemu-system-x86_64 -M help | grep -q '^${machine} '`,
    },
    { title: "the node's kernel can be given to a guest", role: "node", command: "test -r /boot/vmlinuz-$(uname -r)" },
    {
      title: "the front-end reaches the node by SSH",
      role: "frontend",
      command: "ssh -o BatchMode=yes -o ConnectTimeout=30 root@node1 hostname | grep -qx node1",
    },
    { title: "the node knows the front-end by name", role: "node", command: "getent hosts frontend" },
  ];
}
