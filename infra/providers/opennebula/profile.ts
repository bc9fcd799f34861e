import { openNebulaError } from "./failures.ts";

/**
 * What differs between the versions of OpenNebula that edgecert works with, as far as it uses it. Numbers and types of
 * arguments that it passes are the same from 5.12 to 7.x: what later versions added is optional and left out.
 */
export interface Profile {
  /** As `one.system.version` says it, such as `6.10.0`. */
  readonly version: string;
  /**
   * Where the time at which a machine goes stands: up to 6.0 in `USER_TEMPLATE/SCHED_ACTION`, changed by `one.vm.update`;
   * since 6.2 in `TEMPLATE/SCHED_ACTION`, changed by `one.vm.schedadd` and its kin. Source: compatibility guide of 6.2.
   */
  readonly scheduledActions: "user-template" | "calls";
  /**
   * How a role of a service names its template: `vm_template` up to 6.10, `template_id` with a `type` since 7.0. Source:
   * `src/oneflow/lib/models/service_template.rb` of both.
   */
  readonly flowRoles: "vm_template" | "template_id";
}

/** The profile of a version. Throws for a version that nobody has tried. */
export function profileOf(version: string): Profile {
  const [, major = "", minor = ""] = /^(\d+)\.(\d+)(\.\d+)*/.exec(version.trim()) ?? [];
  const number = Number(major) * 1000 + Number(minor);
  if (major === "" || number < 5012 || number >= 8000)
    throw openNebulaError("opennebula-version", `The front-end says ${JSON.stringify(version)}.`);
  return {
    version: version.trim(),
    scheduledActions: number < 6002 ? "user-template" : "calls",
    flowRoles: number < 7000 ? "vm_template" : "template_id",
  };
}
