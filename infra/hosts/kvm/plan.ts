import { accountStep } from "./account-step.ts";
import { modulesStep, sysctlStep } from "./kernel-steps.ts";
import { bridgeStep, libvirtStep } from "./libvirt-steps.ts";
import { vlanStep, vxlanStep } from "./overlay-steps.ts";
import { type PrivateVlan, privateVlanStep } from "./private-vlan-step.ts";
import type { HypervisorRequest } from "./request.ts";
import { clockStep, packagesStep, settledStep } from "./software-steps.ts";
import { contentOf, type Step } from "./step.ts";
import { type HostSystem, traitsOf } from "./system.ts";

/** How a host reaches the others of its cluster. */
export interface Neighbourhood {
  /** IPv4 addresses of the other hosts, for VXLANs. */
  readonly peers?: readonly string[];
  /** The private network, where the host's operating system does not know of it. */
  readonly privateVlan?: PrivateVlan;
}

/** What makes a machine of this system a hypervisor, in order; undefined where nobody has a recipe for it. Pure. */
export function planHypervisor(
  system: HostSystem,
  request: HypervisorRequest,
  { peers = [], privateVlan }: Neighbourhood = {},
): readonly Step[] | undefined {
  const traits = traitsOf(system);
  if (traits === undefined) return undefined;
  return [
    settledStep,
    packagesStep(traits),
    modulesStep(system),
    sysctlStep(request),
    libvirtStep(request, traits),
    ...(privateVlan === undefined ? [] : [privateVlanStep(privateVlan)]),
    bridgeStep(request),
    ...(request.vlans ?? []).map(vlanStep),
    ...(request.vxlans ?? []).map((vxlan) => vxlanStep(vxlan, peers)),
    clockStep(traits),
    ...(request.account === undefined ? [] : [accountStep(request.account, traits)]),
  ];
}

/** A plan as text for people: each step, what for, its files, how it is checked and how it is done. Pure. */
export function planText(steps: readonly Step[]): string {
  const indented = (lines: readonly string[]) =>
    lines.flatMap((line) => line.split("\n")).map((line) => `      ${line}`);
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [`    ${title}`, ...indented(lines)];
  return steps
    .flatMap(({ name, why, files, check, apply, guard }) => [
      `${name}: ${why}`,
      ...files.flatMap((file) => section(`file ${file.path}`, contentOf(file).trimEnd().split("\n"))),
      ...section("check", check),
      ...section("apply", apply),
      ...section("taken back unless confirmed", guard?.undo ?? []),
      ...section("kept once confirmed", guard?.keep ?? []),
      "",
    ])
    .join("\n");
}
