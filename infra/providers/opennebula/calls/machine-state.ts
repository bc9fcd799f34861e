/** States of a machine by their numbers (`VirtualMachine.h`); 7 was given up with version 4. */
export const machineStates = [
  ...["INIT", "PENDING", "HOLD", "ACTIVE", "STOPPED", "SUSPENDED", "DONE", "FAILED", "POWEROFF", "UNDEPLOYED"],
  ...["CLONING", "CLONING_FAILURE"],
] as const;

/** States of the life cycle within ACTIVE by their numbers, up to those of 7.x; what later versions add has no name here. */
export const lifeCycleStates = [
  ...["LCM_INIT", "PROLOG", "BOOT", "RUNNING", "MIGRATE", "SAVE_STOP", "SAVE_SUSPEND", "SAVE_MIGRATE"],
  ...["PROLOG_MIGRATE", "PROLOG_RESUME", "EPILOG_STOP", "EPILOG", "SHUTDOWN", "CANCEL", "FAILURE"],
  ...["CLEANUP_RESUBMIT", "UNKNOWN", "HOTPLUG", "SHUTDOWN_POWEROFF", "BOOT_UNKNOWN", "BOOT_POWEROFF"],
  ...["BOOT_SUSPENDED", "BOOT_STOPPED", "CLEANUP_DELETE", "HOTPLUG_SNAPSHOT", "HOTPLUG_NIC", "HOTPLUG_SAVEAS"],
  ...["HOTPLUG_SAVEAS_POWEROFF", "HOTPLUG_SAVEAS_SUSPENDED", "SHUTDOWN_UNDEPLOY", "EPILOG_UNDEPLOY"],
  ...["PROLOG_UNDEPLOY", "BOOT_UNDEPLOY", "HOTPLUG_PROLOG_POWEROFF", "HOTPLUG_EPILOG_POWEROFF", "BOOT_MIGRATE"],
  ...["BOOT_FAILURE", "BOOT_MIGRATE_FAILURE", "PROLOG_MIGRATE_FAILURE", "PROLOG_FAILURE", "EPILOG_FAILURE"],
  ...["EPILOG_STOP_FAILURE", "EPILOG_UNDEPLOY_FAILURE", "PROLOG_MIGRATE_POWEROFF"],
  ...["PROLOG_MIGRATE_POWEROFF_FAILURE", "PROLOG_MIGRATE_SUSPEND", "PROLOG_MIGRATE_SUSPEND_FAILURE"],
  ...["BOOT_UNDEPLOY_FAILURE", "BOOT_STOPPED_FAILURE", "PROLOG_RESUME_FAILURE", "PROLOG_UNDEPLOY_FAILURE"],
  ...["DISK_SNAPSHOT_POWEROFF", "DISK_SNAPSHOT_REVERT_POWEROFF", "DISK_SNAPSHOT_DELETE_POWEROFF"],
  ...["DISK_SNAPSHOT_SUSPENDED", "DISK_SNAPSHOT_REVERT_SUSPENDED", "DISK_SNAPSHOT_DELETE_SUSPENDED"],
  ...["DISK_SNAPSHOT", "DISK_SNAPSHOT_REVERT", "DISK_SNAPSHOT_DELETE", "PROLOG_MIGRATE_UNKNOWN"],
  ...["PROLOG_MIGRATE_UNKNOWN_FAILURE", "DISK_RESIZE", "DISK_RESIZE_POWEROFF", "DISK_RESIZE_UNDEPLOYED"],
  ...["HOTPLUG_NIC_POWEROFF", "HOTPLUG_RESIZE", "HOTPLUG_SAVEAS_UNDEPLOYED", "HOTPLUG_SAVEAS_STOPPED"],
  ...["BACKUP", "BACKUP_POWEROFF", "RESTORE"],
] as const;

/**
 * What a state means for whoever waits for a machine:
 *
 *     waiting (no host yet) -> starting -> running -> ending -> gone
 *                                 |           |
 *                                 v           v
 *                               failed      stopped (off, suspended: runs nothing, and nobody of ours did that)
 *
 * `silent` is a running machine whose host is not heard of.
 */
export type MachineCondition = "waiting" | "starting" | "running" | "silent" | "failed" | "stopped" | "ending" | "gone";

const byState: ReadonlyMap<string, MachineCondition> = new Map<string, MachineCondition>([
  ["INIT", "waiting"],
  ["PENDING", "waiting"],
  ["CLONING", "waiting"],
  ["HOLD", "waiting"],
  ["DONE", "gone"],
  ["FAILED", "failed"],
  ["CLONING_FAILURE", "failed"],
]);

const ending = new Set(["EPILOG", "SHUTDOWN", "CANCEL", "CLEANUP_DELETE"]);
const starting = new Set(["LCM_INIT", "PROLOG", "BOOT", "CLEANUP_RESUBMIT", "BOOT_POWEROFF", "BOOT_UNKNOWN"]);

/** What the numbers of a machine's two states mean. */
export function conditionOf(state: number, lifeCycle: number): MachineCondition {
  const name = machineStateName(state, lifeCycle);
  if (machineStates[state] !== "ACTIVE") return byState.get(name) ?? "stopped";
  if (/FAILURE$/.test(name)) return "failed";
  if (ending.has(name)) return "ending";
  if (starting.has(name) || /^(PROLOG|BOOT)_/.test(name)) return "starting";
  return name === "UNKNOWN" ? "silent" : "running";
}

/** OpenNebula's word for a machine's two states: that of the life cycle where there is one. */
export function machineStateName(state: number, lifeCycle: number): string {
  if (machineStates[state] === "ACTIVE") return lifeCycleStates[lifeCycle] ?? `LCM_STATE ${lifeCycle}`;
  return machineStates[state] ?? `STATE ${state}`;
}
