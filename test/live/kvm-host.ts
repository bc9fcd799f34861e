import assert from "node:assert/strict";
import { makeHypervisors } from "../../infra/hosts/kvm/hypervisors.ts";
import { type HypervisorRequest, requestProblems } from "../../infra/hosts/kvm/request.ts";
import { connect } from "../../infra/ssh/connect.ts";

/**
 * Makes one real machine a hypervisor, twice, and proves it: `HOST=192.0.2.10 OS=almalinux-9 node test/live/kvm-host.ts`. It
 * changes that machine, as `infra/hosts/kvm/plan.ts` says. Further variables: `LOGIN` (root), `PORT` (22), `KEY` (private key
 * file; default: the agent's), `KNOWN_HOSTS` (file; default: the user's own), `REQUEST` (a HypervisorRequest as JSON).
 */
const { HOST: address, OS: os, LOGIN: user = "root", PORT = "22", KEY, KNOWN_HOSTS, REQUEST = "{}" } = process.env;
if (address === undefined || os === undefined) {
  console.error("HOST and OS are needed, such as HOST=192.0.2.10 OS=almalinux-9");
  process.exit(2);
}
const request: HypervisorRequest = JSON.parse(REQUEST);
assert.deepEqual(requestProblems(request), []);
const ssh = {
  ...{ host: address, port: Number(PORT), user },
  ...(KEY === undefined ? {} : { privateKeyPath: KEY }),
  ...(KNOWN_HOSTS === undefined ? {} : { knownHosts: [KNOWN_HOSTS] }),
};
const host = { name: address, privateAddress: address, os, ssh, architecture: "amd64" as const };
const started = Date.now();
const say = (text: string) => console.log(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${text}`);
const io = {
  signal: AbortSignal.timeout(3_600_000),
  note: say,
  step: (_: unknown, { step, state, why, ms }: { step: string; state: string; why: string; ms: number }) =>
    say(`${step}: ${state}${why === "" ? "" : ` (${why})`}${ms === 0 ? "" : `, ${ms} ms`}`),
};
const make = () => makeHypervisors([host], { request, options: { quarantine: "prove-again" } }, io);

const first = await make();
assert.deepEqual(first.quarantined, []);
const second = await make();
assert.deepEqual(second.ready[0]?.changed, [], "the second run changed something");
for (const { check, verdict, advice } of second.ready[0]?.proof.checks ?? []) say(`${verdict}: ${check} ${advice}`);
const connection = await connect(ssh);
const shell = user === "root" ? "sh" : "sudo -n sh";
const { stdout } = await connection.must(`${shell} -c 'virsh -q -c qemu:///system list --all --name'`);
connection.close();
assert.doesNotMatch(stdout, /edgecert-proof/);
say(`${address} (${os}) is a hypervisor, a second run changed nothing, and no test guest is left`);
