import { DescribeInstancesCommand, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import type { Region } from "./kind.ts";

/** How often machines and instances are compared, in milliseconds. */
const everyMs = 2000;

/**
 * Lets an instance and the machine behind it end together until the signal is aborted: one that powered itself off is
 * terminated, as the program asks of EC2, and what somebody terminated by EC2's API runs no longer.
 */
export function endTogether(region: Region, signal: AbortSignal): void {
  if (signal.aborted) return;
  let busy = false;
  const timer = setInterval(async () => {
    if (busy) return;
    busy = true;
    // Because the emulator may be ending at this moment; the next comparison does what this one did not.
    await compare(region).catch(() => {});
    busy = false;
  }, everyMs);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}

async function compare({ ec2, machines }: Region): Promise<void> {
  const all = await machines.all();
  if (all.length === 0) return;
  const states = new Map<string, string>();
  for (const { Instances = [] } of (await ec2.send(new DescribeInstancesCommand({}))).Reservations ?? [])
    for (const { InstanceId = "", State } of Instances) states.set(InstanceId, State?.Name ?? "");
  for (const { id, state } of all) {
    const instance = states.get(id);
    // Because the machines of other regions and clouds are among all.
    if (instance === undefined) continue;
    const isOver = instance === "terminated" || instance === "shutting-down";
    if (!isOver && state === "off") await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    if (isOver || state === "off") await machines.delete(id);
  }
}
