import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { configureHost } from "../../infra/hosts/kvm/configure.ts";
import { planHypervisor } from "../../infra/hosts/kvm/plan.ts";
import { contentOf } from "../../infra/hosts/kvm/step.ts";
import { findCommand } from "../../infra/hosts/requirements.ts";
import { localProvider } from "../../infra/providers/local/provider.ts";
import type { Server } from "../../infra/providers/provider.ts";
import { connect } from "../../infra/ssh/connect.ts";

const home = join(import.meta.dirname, "..", "..", ".edgecert", "test");
const playbook = join(import.meta.dirname, "hosts", "playbook.yml");
/** Local machines, of which some are fresh and all are in order in the end; eight if this machine has cores for them. */
const hostCount = Number(process.env.EDGECERT_BENCH_HOSTS ?? "6");
const rounds = 3;
const aims = { fresh: 0.6, unchanged: 0.2 };

const key = "ssh-ed25519 AAAA one's";
const request = {
  vxlans: [{ id: 42, bridge: "edgebr42" }],
  account: { name: "oneadmin", uid: 9869, home: "/var/lib/one", authorizedKeys: [key] },
};
const system = { os: "debian-12", architecture: "amd64" } as const;
const peers = ["10.0.0.9"];
const plan = planHypervisor(system, request, { peers }) ?? [];

// Every package of a hypervisor stands in the image, and Python for Ansible: so that what is timed holds no installation.
const wanted = [
  ...["qemu-system-x86", "ovmf", "qemu-utils", "libvirt-daemon-system", "libvirt-clients", "dnsmasq-base"],
  ...["iproute2", "iputils-ping", "kmod", "cpio"],
];
const packages = [...wanted, "chrony", "python3", "python3-apt"];

/**
 * edgecert beside Ansible (Debian's `ansible-core`, to be installed by hand) bringing real local machines of Debian 12 to the
 * same state: one and two from fresh, then all of {@link hostCount} with nothing to change. Prints seconds and their ratio.
 */
export async function benchHosts(): Promise<void> {
  if (findCommand("ansible-playbook") === undefined) {
    console.log(
      "hosts: not measured, for there is no ansible-playbook here: apt-get install --no-install-recommends ansible-core",
    );
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), "edgecert-bench-hosts-"));
  const provider = localProvider({ home });
  const expiresAt = new Date(Date.now() + 7_200_000).toISOString();
  const owner = { run: `bench-hosts-${process.pid}`, node: "n", attempt: 1, token: 1, expiresAt };
  const requests = Array.from({ length: hostCount }, (_, index) => ({
    ...{ name: `host${index + 1}`, role: "host", os: system.os, cores: 1, memoryMiB: 1024, packages, nestedKvm: true },
  }));
  try {
    const io = { signal: AbortSignal.timeout(1_800_000), note: () => {}, ready: () => {} };
    const servers = await provider.provision(requests, owner, io);
    await fresh(servers, ansible(folder));
    await unchanged(servers, ansible(folder));
  } finally {
    await provider.destroy({ ...owner, token: 2 }, AbortSignal.timeout(120_000));
    await rm(folder, { recursive: true, force: true });
  }
}

/** One host each, then two each, as far as there are machines that nobody has touched. */
async function fresh(servers: readonly Server[], theirs: Tool): Promise<void> {
  for (const [count, from] of [
    [1, 0],
    [2, 2],
  ] as const) {
    const [mine, others] = [servers.slice(from, from + count), servers.slice(from + count, from + 2 * count)];
    if (others.length < count) return;
    const [our, their] = [[await timed(ours, mine)], [await timed(theirs, others)]];
    compare(`${count} from fresh, packages in place`, aims.fresh, our, their);
  }
}

type Tool = (servers: readonly Server[]) => Promise<void>;

/** Both tools once on every host, so that neither finds anything to do; then in turns. */
async function unchanged(servers: readonly Server[], theirs: Tool): Promise<void> {
  await ours(servers);
  await theirs(servers);
  const [our, their]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    our.push(await timed(ours, servers));
    their.push(await timed(theirs, servers));
  }
  compare(`${servers.length} hosts with nothing to change`, aims.unchanged, our, their);
}

async function ours(servers: readonly Server[]): Promise<void> {
  const signal = AbortSignal.timeout(900_000);
  await Promise.all(
    servers.map(async ({ ssh }) => {
      const connection = await connect(ssh);
      await configureHost(connection, { expected: system, request, peers }, { signal, note: () => {}, step: () => {} });
      connection.close();
    }),
  );
}

/** Ansible as it is tuned by those who know it: pipelining, and connections that are kept between tasks. */
function ansible(folder: string): Tool {
  return async (servers) => {
    const inventory = servers.map(({ name, ssh }) => {
      const words = [`ansible_host=${ssh.host}`, `ansible_port=${ssh.port}`, `ansible_user=${ssh.user}`];
      return `${name} ${words.join(" ")} ansible_ssh_private_key_file=${ssh.privateKeyPath}`;
    });
    const known = servers.map(({ ssh }) => `[${ssh.host}]:${ssh.port} ${ssh.hostKey}`);
    const files = plan.flatMap((step) => step.files).map((file) => ({ path: file.path, content: contentOf(file) }));
    const network = plan
      .find(({ name }) => name === "bridge")
      ?.apply.join("\n")
      .match(/<network>.*?<\/network>/)?.[0];
    await writeFile(join(folder, "inventory"), `${inventory.join("\n")}\n`);
    await writeFile(join(folder, "known"), `${known.join("\n")}\n`);
    await writeFile(join(folder, "variables.json"), JSON.stringify({ packages: wanted, files, network, key }));
    const env = {
      ...process.env,
      ANSIBLE_PIPELINING: "True",
      ANSIBLE_FORKS: "20",
      ANSIBLE_SSH_ARGS: `-o ControlMaster=auto -o ControlPersist=60s -o UserKnownHostsFile=${join(folder, "known")}`,
      ANSIBLE_LOCALHOST_WARNING: "False",
      ANSIBLE_PYTHON_INTERPRETER: "/usr/bin/python3",
    };
    const args = ["-i", join(folder, "inventory"), "-e", `@${join(folder, "variables.json")}`, playbook];
    await promisify(execFile)("ansible-playbook", args, { env, maxBuffer: 16 * 1024 * 1024 });
  };
}

async function timed(tool: Tool, servers: readonly Server[]): Promise<number> {
  const began = performance.now();
  await tool(servers);
  return performance.now() - began;
}

function compare(what: string, aim: number, our: readonly number[], their: readonly number[]): void {
  const [mine, other] = [median(our), median(their)];
  const ratio = mine / other;
  const verdict = ratio <= aim ? "met" : "missed";
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  console.log(
    `hosts: ${what}: ${seconds(mine)} beside ${seconds(other)} of Ansible, ${ratio.toFixed(2)}x (aim ${aim}x: ${verdict})`,
  );
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
