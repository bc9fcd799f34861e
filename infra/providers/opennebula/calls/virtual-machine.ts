import { type Attributes, templateXml } from "../template.ts";
import { childrenOf, elementAt, textAt, type XmlElement } from "../xml-document.ts";
import { type Ask, numberAt, objectCalls, wordAt } from "./ask.ts";
import { conditionOf, type MachineCondition, machineStateName } from "./machine-state.ts";
import { readPool, whose } from "./pool.ts";

/** A card of a machine in a network. */
export interface MachineCard {
  readonly id: number;
  readonly network: string;
  /** IPv4 address; empty where the network gives none. */
  readonly address: string;
}

/** A virtual machine of OpenNebula. */
export interface OpenNebulaMachine {
  readonly id: number;
  readonly name: string;
  readonly condition: MachineCondition;
  /** OpenNebula's own word, such as `PENDING` or `BOOT_FAILURE`. */
  readonly stateName: string;
  readonly cards: readonly MachineCard[];
  /** Attributes of the user by their names: text ones only. */
  readonly attributes: ReadonlyMap<string, string>;
  /** Numbers of the actions that are scheduled for it. */
  readonly scheduledActions: readonly number[];
  /** Where it runs, or ran last; null before it was placed. */
  readonly place: { readonly host: number; readonly hostName: string; readonly vmDriver: string } | null;
}

/** An action that OpenNebula does by itself at a time: epoch seconds. */
export interface ScheduledAction {
  readonly action: "terminate-hard";
  readonly time: number;
}

/** The calls on virtual machines. */
export function machineCalls(ask: Ask) {
  const { rename, update } = objectCalls(ask, "vm");
  const action = (name: string) => (id: number) => ask.id("one.vm.action", name, id);
  return {
    ...{ rename, update, terminateHard: action("terminate-hard"), poweroffHard: action("poweroff-hard") },
    ...{ resume: action("resume"), hold: action("hold"), release: action("release"), resched: action("resched") },
    allocate: (template: Attributes, hold: boolean) => ask.id("one.vm.allocate", templateXml(template), hold),
    info: async (id: number) => decodeMachine(await ask.document("one.vm.info", id)),
    /**
     * The user's own machines that are not done, with their attributes: the short list (`one.vmpool.info`) leaves out
     * whatever Sunstone and the scheduler do not need (`VirtualMachineTemplate::to_xml_short`).
     */
    mine: async (page?: number) => {
      const pool = { method: "one.vmpool.infoextended", element: "VM", filter: whose.mine, more: [-1] };
      return (await readPool(ask, pool, page)).map(decodeMachine);
    },
    deploy: (id: number, host: number) => ask.id("one.vm.deploy", id, host, true, -1, ""),
    /** Removes it from whatever state it is in; a right of administrators. */
    recoverDelete: (id: number) => ask.id("one.vm.recover", id, 3),
    attachCard: (id: number, card: Attributes) => ask.id("one.vm.attachnic", id, templateXml({ NIC: flat(card) })),
    detachCard: (id: number, card: number) => ask.id("one.vm.detachnic", id, card),
    scheduleAdd: (id: number, one: ScheduledAction) => ask.id("one.vm.schedadd", id, scheduled(one)),
    scheduleUpdate: (id: number, number: number, one: ScheduledAction) =>
      ask.id("one.vm.schedupdate", id, number, scheduled(one)),
    scheduleDelete: (id: number, number: number) => ask.id("one.vm.scheddelete", id, number),
  };
}

/** A scheduled action as an attribute of a template. */
export function scheduledAttribute({ action, time }: ScheduledAction): Readonly<Record<string, string>> {
  return { ACTION: action, TIME: String(time) };
}

function scheduled(one: ScheduledAction): string {
  return templateXml({ SCHED_ACTION: scheduledAttribute(one) });
}

function flat(attributes: Attributes): Readonly<Record<string, string | number>> {
  const pairs = Object.entries(attributes).filter(
    (pair): pair is [string, string | number] => typeof pair[1] !== "object",
  );
  return Object.fromEntries(pairs);
}

/** A machine out of its document. Throws where the document is not one. */
export function decodeMachine(element: XmlElement): OpenNebulaMachine {
  const state = numberAt(element, "STATE");
  const lcm = numberAt(element, "LCM_STATE");
  const template = elementAt(element, "TEMPLATE");
  const user = elementAt(element, "USER_TEMPLATE")?.children ?? [];
  const actions = [...childrenOf(template, "SCHED_ACTION"), ...user.filter(({ name }) => name === "SCHED_ACTION")];
  return {
    ...{ id: numberAt(element, "ID"), name: wordAt(element, "NAME") },
    ...{ condition: conditionOf(state, lcm), stateName: machineStateName(state, lcm) },
    cards: childrenOf(template, "NIC").map((card) => ({
      id: numberAt(card, "NIC_ID"),
      ...{ network: textAt(card, "NETWORK") ?? "", address: textAt(card, "IP") ?? "" },
    })),
    attributes: new Map(user.filter((one) => one.children.length === 0).map(({ name, text }) => [name, text])),
    scheduledActions: actions.map((one) => numberAt(one, "ID")),
    place: placeOf(childrenOf(elementAt(element, "HISTORY_RECORDS"), "HISTORY").at(-1)),
  };
}

function placeOf(last: XmlElement | undefined): OpenNebulaMachine["place"] {
  if (last === undefined) return null;
  return { host: numberAt(last, "HID"), hostName: wordAt(last, "HOSTNAME"), vmDriver: wordAt(last, "VM_MAD") };
}
