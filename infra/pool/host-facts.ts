import { z } from "zod";
import { InfraError } from "../failure.ts";
import type { Connection } from "../ssh/connection.ts";
import { unreadableFacts } from "./failures.ts";

const room = z.object({ threads: z.int().min(0), memoryMiB: z.int().min(0) });

/** Decodes what was written of a host. */
export const hostFacts = z.object({
  architecture: z.enum(["amd64", "arm64"]),
  threadsPerCore: z.int().min(1),
  /** Of each NUMA node, all of it. */
  nodes: z.array(room).min(1),
  /** Another after each start of the host. */
  bootId: z.string().min(1),
  /** Free for the disks of servers. */
  diskFreeMiB: z.int().min(0),
  /** Whether `/dev/kvm` is there. */
  kvm: z.boolean(),
  /** Whether guests get KVM of their own. */
  nestedKvm: z.boolean(),
  /** The public key that it was reached by, `ssh-ed25519 AAAA...`; empty where it keeps none of that kind. */
  hostKey: z.string(),
  /** When it was looked at: UTC, ISO 8601. */
  at: z.string(),
});

/** What a host said about itself when it was looked at. */
export type HostFacts = z.infer<typeof hostFacts>;

/** Prints the facts as lines of `word value...`. POSIX shell, one round trip, changes nothing. */
export const factsScript = `
echo "machine $(uname -m)"
echo "boot $(cat /proc/sys/kernel/random/boot_id)"
echo "siblings $(cat /sys/devices/system/cpu/cpu0/topology/thread_siblings_list 2>/dev/null || echo 0)"
echo "disk $(df -Pk /var/lib | awk 'NR == 2 { print $4 }')"
[ -e /dev/kvm ] && echo "kvm 1" || echo "kvm 0"
echo "nested $(cat /sys/module/kvm_intel/parameters/nested /sys/module/kvm_amd/parameters/nested 2>/dev/null | head -n 1)"
echo "key $(cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub 2>/dev/null)"
nodes=0
for node in /sys/devices/system/node/node[0-9]*; do
  [ -r "$node/meminfo" ] || continue
  threads=$(ls -d "$node"/cpu[0-9]* 2>/dev/null | wc -l)
  echo "node $threads $(awk '$3 == "MemTotal:" { print $4 }' "$node/meminfo")"
  nodes=1
done
[ $nodes = 1 ] || echo "node $(nproc) $(awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo)"
`;

/** Asks a host about itself in one round trip. Throws an error carrying a Failure for an answer that makes no sense. */
export async function askFacts(connection: Connection, signal: AbortSignal): Promise<HostFacts> {
  const { stdout } = await connection.must(factsScript, { signal, timeoutMs: 30_000 });
  return readFacts(stdout);
}

/** What {@link factsScript} printed. */
export function readFacts(text: string): HostFacts {
  const lines = text.split("\n").map((line) => line.trim().split(/\s+/));
  const value = (word: string) => lines.find(([first]) => first === word)?.slice(1) ?? [];
  const nodes = lines
    .filter(([first]) => first === "node")
    .map(([, threads, kibibytes]) => ({ threads: Number(threads), memoryMiB: Math.floor(Number(kibibytes) / 1024) }));
  const read = hostFacts.safeParse({
    architecture: { x86_64: "amd64", aarch64: "arm64" }[value("machine").join(" ")],
    threadsPerCore: siblings(value("siblings").join("")),
    // Because a node of memory alone, or of processors alone, carries no server.
    nodes: nodes.filter(({ threads, memoryMiB }) => threads > 0 && memoryMiB > 0),
    bootId: value("boot")[0],
    diskFreeMiB: Math.floor(Number(value("disk")[0]) / 1024),
    kvm: value("kvm")[0] === "1",
    nestedKvm: value("kvm")[0] === "1" && /^[1Y]/.test(value("nested")[0] ?? ""),
    hostKey: value("key").join(" "),
    at: new Date().toISOString(),
  });
  if (read.success) return read.data;
  const wrong = read.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new InfraError(unreadableFacts(wrong.join("; ")));
}

/** Number of threads in a list of the kernel's such as `0,48` or `0-1`. */
function siblings(list: string): number {
  const parts = list.split(",").map((part) => part.split("-").map(Number));
  return parts.reduce((sum, [first = 0, last = first]) => sum + last - first + 1, 0);
}
