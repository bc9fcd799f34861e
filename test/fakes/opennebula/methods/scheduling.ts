import { type Attribute, vectorsOf } from "../attributes.ts";
import { int, type Method, type MethodCall, method } from "../method.ts";
import { internal, Refusal } from "../refusal.ts";
import type { FakeVm } from "../world.ts";
import { machine } from "./machine.ts";
import { numbered } from "./machine-making.ts";
import { templateAt } from "./object.ts";

function scheduling(call: MethodCall, change: (vm: FakeVm, given: ReadonlyMap<string, string>) => void): number {
  const vm = machine(call, 0, "MANAGE");
  const given = vectorsOf(templateAt(call, call.parameters.length - 1), "SCHED_ACTION")[0];
  if (given === undefined || !Number.isInteger(Number(given.get("TIME"))) || given.get("ACTION") === undefined)
    throw internal(call.method, "Wrong format for SCHED_ACTION: it needs ACTION and TIME.");
  change(vm, given);
  return vm.id;
}

function replaceAction(call: MethodCall, vm: FakeVm, other: ReadonlyMap<string, string> | undefined): void {
  const id = String(int(call, 1));
  const isIt = ({ value }: Attribute) => typeof value !== "string" && value.get("ID") === id;
  if (!vm.attributes.some((one) => one.name === "SCHED_ACTION" && isIt(one)))
    throw new Refusal(0x0800, `[${call.method}] Wrong Action ID`);
  vm.attributes = vm.attributes.flatMap((one) => {
    if (one.name !== "SCHED_ACTION" || !isIt(one)) return [one];
    return other === undefined ? [] : [{ name: one.name, value: new Map([["ID", id], ...other]) }];
  });
}

/** The methods that came with 6.2. */
export const schedulingMethods: readonly [string, Method][] = [
  [
    "one.vm.schedadd",
    method(["int", "string"], (call) =>
      scheduling(call, (vm, given) => {
        const more = numbered(vm, [{ name: "SCHED_ACTION", value: given }]);
        vm.attributes = [...vm.attributes, ...more];
      }),
    ),
  ],
  [
    "one.vm.schedupdate",
    method(["int", "int", "string"], (call) => scheduling(call, (vm, given) => replaceAction(call, vm, given))),
  ],
  [
    "one.vm.scheddelete",
    method(["int", "int"], (call) => {
      const vm = machine(call, 0, "MANAGE");
      replaceAction(call, vm, undefined);
      return vm.id;
    }),
  ],
];
