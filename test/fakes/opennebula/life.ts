import { merged, vectorsOf, without, withText } from "./attributes.ts";
import { schedule } from "./scheduler.ts";
import { type FakeHost, type FakeImage, type FakeVm, type FakeWorld, nowOf } from "./world.ts";

/**
 * Everything that happens by itself between two calls, one step of each object: hosts are monitored, images arrive,
 * pending machines are placed, machines go on, and what is scheduled for now is done.
 */
export function tick(world: FakeWorld): void {
  for (const host of world.hosts.values()) stepHost(world, host);
  for (const image of world.images.values()) if (image.state === 4) fetched(world, image);
  for (const vm of [...world.vms.values()]) {
    if (vm.state === 6) continue;
    runScheduled(world, vm);
    stepVm(world, vm);
  }
}

function fetched({ script }: FakeWorld, image: FakeImage): void {
  image.state = script.brokenImages ? 5 : 1;
  if (script.brokenImages)
    image.attributes = withText(image.attributes, "ERROR", "Error copying image in the datastore");
}

/** INIT is asked for by MONITORING_INIT and answers as MONITORED or ERROR; what was in error is asked again. */
function stepHost({ script }: FakeWorld, host: FakeHost): void {
  const unreachable = script.unreachableHosts.has(host.name);
  if (host.state === 0) host.state = 6;
  else if (host.state === 6 || host.state === 5 || host.state === 1) {
    host.state = unreachable ? 3 : 2;
    host.attributes = unreachable
      ? withText(host.attributes, "ERROR", `Error executing monitord on ${host.name}: no route to host`)
      : without(
          merged(host.attributes, [
            { name: "ARCH", value: "x86_64" },
            { name: "HYPERVISOR", value: host.vmMad },
          ]),
          "ERROR",
        );
  } else if (host.state === 3 && !unreachable) host.state = 5;
  else if (host.state === 2 && unreachable) host.state = 1;
}

/**
 *     PENDING -> PROLOG -> BOOT -> RUNNING -> SHUTDOWN -> EPILOG -> DONE
 *                  |         |        |
 *            PROLOG_FAILURE  |     POWEROFF        (each by the fate that the script gives)
 *                       BOOT_FAILURE
 */
function stepVm(world: FakeWorld, vm: FakeVm): void {
  if (vm.state === 1) schedule(world, vm);
  else if (vm.state === 3) stepActive(world, vm);
}

function stepActive(world: FakeWorld, vm: FakeVm): void {
  const { fate, lcm } = vm;
  if (lcm === 1 && fate !== "stuck-in-prolog") {
    goOn(vm, fate === "prolog-failure", { to: 2, failed: 39, why: "Error executing image transfer script" });
  } else if (lcm === 2) {
    const failed = fate === "boot-failure";
    goOn(vm, failed, { to: 3, failed: 36, why: "Error deploying virtual machine: no such machine type" });
    if (!failed) world.guests?.start(vm);
  } else if (lcm === 3 && fate === "powers-off") {
    world.guests?.stop(vm);
    Object.assign(vm, { state: 8, lcm: 0 });
  } else if (lcm === 12) {
    world.guests?.stop(vm);
    vm.lcm = 11;
  } else if (lcm === 11) finish(world, vm);
}

interface Step {
  readonly to: number;
  readonly failed: number;
  readonly why: string;
}

function goOn(vm: FakeVm, fails: boolean, { to, failed, why }: Step): void {
  vm.lcm = fails ? failed : to;
  if (fails) vm.user = withText(vm.user, "ERROR", `${new Date().toUTCString()}: ${why}`);
}

/** Ends a machine that runs nothing any more. */
export function finish(world: FakeWorld, vm: FakeVm): void {
  Object.assign(vm, { state: 6, lcm: 0, ended: nowOf(world) });
}

/** What `DispatchManager::terminate` does with a machine; false where its state does not allow it. */
export function terminate(world: FakeWorld, vm: FakeVm): boolean {
  if (vm.state === 6) return true;
  if (vm.state === 1 || vm.state === 2 || vm.state === 10 || vm.state === 11) {
    finish(world, vm);
    return true;
  }
  const failures = new Set([36, 39, 40]);
  if (vm.state === 3 && vm.lcm !== 3 && vm.lcm !== 16 && !failures.has(vm.lcm)) return vm.lcm === 11 || vm.lcm === 12;
  Object.assign(vm, { state: 3, lcm: failures.has(vm.lcm) ? 11 : 12 });
  return true;
}

function runScheduled(world: FakeWorld, vm: FakeVm): void {
  for (const [place, attributes] of [
    ["attributes", vm.attributes],
    ["user", vm.user],
  ] as const) {
    const due = vectorsOf(attributes, "SCHED_ACTION").find(
      (one) => one.get("DONE") === undefined && Number(one.get("TIME")) <= nowOf(world),
    );
    if (due === undefined || !terminate(world, vm)) continue;
    vm[place] = attributes.map((one) =>
      one.value === due ? { ...one, value: new Map([...due, ["DONE", String(nowOf(world))]]) } : one,
    );
  }
}

/** The state of a machine by OpenNebula's own word, for what it says of it. */
export function stateWord(vm: FakeVm): string {
  const life = new Map([
    [1, "PROLOG"],
    [2, "BOOT"],
    [3, "RUNNING"],
    [11, "EPILOG"],
    [12, "SHUTDOWN"],
    [36, "BOOT_FAILURE"],
    [39, "PROLOG_FAILURE"],
  ]);
  const states = ["INIT", "PENDING", "HOLD", "ACTIVE", "STOPPED", "SUSPENDED", "DONE", "FAILED", "POWEROFF"];
  return vm.state === 3 ? (life.get(vm.lcm) ?? "ACTIVE") : (states[vm.state] ?? "UNKNOWN");
}
