import { type Attribute, merged, parseTemplate, tag, vectorsOf, without } from "../attributes.ts";
import { vmXml } from "../document.ts";
import { stateWord, terminate } from "../life.ts";
import {
  adminOnly,
  boolean,
  int,
  type Method,
  type MethodCall,
  method,
  objectAt,
  ownerOnly,
  string,
} from "../method.ts";
import { internal, noExists, Refusal, wrongState } from "../refusal.ts";
import { hostUse, sizeOf } from "../scheduler.ts";
import type { FakeVm } from "../world.ts";
import { makeMachine, newCard, numbered } from "./machine-making.ts";
import { page, templateAt } from "./object.ts";

const kind = "virtual machine";

/** The machine with the number at a place of the parameters, as far as the user has that right to it. */
export function machine(call: MethodCall, at: number, right: string): FakeVm {
  const vm = objectAt(call, at, { kind, all: call.world.vms });
  ownerOnly(call, vm, `${right} VM`);
  return vm;
}

function act(call: MethodCall): number {
  const action = string(call, 0);
  const vm = machine(call, 1, "MANAGE");
  const refuse = () =>
    wrongState(
      call.method,
      `Error performing action "${action}": This action is not available for state ${stateWord(vm)}`,
    );
  const from = (states: readonly number[], to: Partial<FakeVm>) => {
    if (!states.includes(vm.state)) throw refuse();
    Object.assign(vm, to);
  };
  switch (action) {
    case "terminate":
    case "terminate-hard":
      if (!terminate(call.world, vm)) throw refuse();
      break;
    case "hold":
      from([1], { state: 2 });
      break;
    case "release":
      from([2], { state: 1 });
      break;
    case "poweroff":
    case "poweroff-hard":
      if (vm.state !== 3 || vm.lcm !== 3) throw refuse();
      call.world.guests?.stop(vm);
      Object.assign(vm, { state: 8, lcm: 0 });
      break;
    case "resume":
      from([8], { state: 3, lcm: 2 });
      break;
    default:
      throw wrongState(call.method, `Wrong state to perform action: ${action}`);
  }
  return vm.id;
}

const pool = (form: "whole" | "short"): Method =>
  method(
    ["int", "int", "int", "int", "string"],
    (call) => {
      const state = int(call, 3);
      if (state < -2 || state > 11) throw new Refusal(0x1000, `[${call.method}] Incorrect filter_flag, state`);
      const all = [...call.world.vms.values()].filter(
        (vm) => state === -2 || (state === -1 ? vm.state !== 6 : vm.state === state),
      );
      return tag(
        "VM_POOL",
        page(call, all).map((vm) => vmXml(call.world, vm, form)),
      );
    },
    4,
  );

/** The methods of machines. */
export const machineMethods: readonly [string, Method][] = [
  ["one.vm.info", method(["int", "boolean"], (call) => vmXml(call.world, machine(call, 0, "USE"), "whole"), 1)],
  ["one.vmpool.info", pool("short")],
  ["one.vmpool.infoextended", pool("whole")],
  [
    "one.vm.allocate",
    method(["string", "boolean"], (call) => makeMachine(call, templateAt(call, 0), boolean(call, 1)).id, 1),
  ],
  ["one.vm.action", method(["string", "int"], act)],
  [
    "one.vm.rename",
    method(["int", "string"], (call) => {
      const vm = machine(call, 0, "MANAGE");
      vm.name = string(call, 1);
      return vm.id;
    }),
  ],
  [
    "one.vm.update",
    method(["int", "string", "int"], (call) => {
      const vm = machine(call, 0, "MANAGE");
      const given = numbered(vm, templateAt(call, 1));
      vm.user = int(call, 2) === 1 ? merged(vm.user, given) : given;
      return vm.id;
    }),
  ],
  [
    "one.vm.deploy",
    method(
      ["int", "int", "boolean", "int", "string"],
      (call) => {
        const vm = machine(call, 0, "ADMIN");
        adminOnly(call, "ADMIN VM");
        const host = objectAt(call, 1, { kind: "host", all: call.world.hosts });
        const [use, size] = [hostUse(call.world, host), sizeOf(vm)];
        if (boolean(call, 2) && use.cores + size.cores > use.size.cores)
          throw wrongState(
            call.method,
            `virtual machine [${vm.id}] does not fit in host [${host.id}]. Not enough CPU capacity`,
          );
        if (vm.state !== 1 && vm.state !== 2)
          throw wrongState(call.method, `Deploy action is not available for state ${stateWord(vm)}`);
        Object.assign(vm, { state: 3, lcm: 1, host: host.id });
        return vm.id;
      },
      2,
    ),
  ],
  [
    "one.vm.recover",
    method(["int", "int"], (call) => {
      const vm = machine(call, 0, "ADMIN");
      adminOnly(call, `ADMIN VM [${vm.id}]`);
      if (int(call, 1) !== 3) throw wrongState(call.method, "Wrong recovery operation code");
      if (vm.state === 6) throw wrongState(call.method, "Recover action is not available for state DONE");
      call.world.guests?.stop(vm);
      Object.assign(vm, { state: 6, lcm: 0 });
      return vm.id;
    }),
  ],
  [
    "one.vm.attachnic",
    method(["int", "string"], (call) => {
      const vm = machine(call, 0, "MANAGE");
      if (vm.state !== 3 || vm.lcm !== 3)
        throw wrongState(call.method, `Could not attach a new NIC to VM ${vm.id}, wrong state ${stateWord(vm)}.`);
      const [card] = vectorsOf(templateAt(call, 1), "NIC");
      if (card === undefined) throw internal(call.method, "The template has no NIC");
      vm.attributes = [...vm.attributes, newCard(call, card, vectorsOf(vm.attributes, "NIC"))];
      return vm.id;
    }),
  ],
  [
    "one.vm.detachnic",
    method(["int", "int"], (call) => {
      const vm = machine(call, 0, "MANAGE");
      const id = String(int(call, 1));
      const isIt = ({ name, value }: Attribute) =>
        name === "NIC" && typeof value !== "string" && value.get("NIC_ID") === id;
      if (!vm.attributes.some(isIt)) throw noExists(call.method, "nic", int(call, 1));
      vm.attributes = vm.attributes.filter((one) => !isIt(one));
      return vm.id;
    }),
  ],
];

/** The attributes of a template that a machine is made of, with those given on top. */
export function templateOf(attributes: readonly Attribute[], extra: string): Attribute[] {
  return merged(without(attributes, "NAME"), parseTemplate(extra));
}
