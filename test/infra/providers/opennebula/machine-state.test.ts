import { expect, test } from "vitest";
import {
  conditionOf,
  lifeCycleStates,
  machineStateName,
  machineStates,
} from "../../../../infra/providers/opennebula/calls/machine-state.ts";
import { reasonOf } from "../../../../infra/providers/opennebula/error-code.ts";
import { profileOf } from "../../../../infra/providers/opennebula/profile.ts";
import { templateXml } from "../../../../infra/providers/opennebula/template.ts";

test.each([
  [1, 0, "PENDING", "waiting"],
  [10, 0, "CLONING", "waiting"],
  [3, 1, "PROLOG", "starting"],
  [3, 2, "BOOT", "starting"],
  [3, 20, "BOOT_POWEROFF", "starting"],
  [3, 3, "RUNNING", "running"],
  [3, 25, "HOTPLUG_NIC", "running"],
  [3, 69, "BACKUP", "running"],
  [3, 16, "UNKNOWN", "silent"],
  [3, 36, "BOOT_FAILURE", "failed"],
  [3, 39, "PROLOG_FAILURE", "failed"],
  [3, 40, "EPILOG_FAILURE", "failed"],
  [3, 61, "PROLOG_MIGRATE_UNKNOWN_FAILURE", "failed"],
  [11, 0, "CLONING_FAILURE", "failed"],
  [3, 12, "SHUTDOWN", "ending"],
  [3, 11, "EPILOG", "ending"],
  [8, 0, "POWEROFF", "stopped"],
  [5, 0, "SUSPENDED", "stopped"],
  [6, 0, "DONE", "gone"],
] as const)("state %i and life cycle %i is %s: %s", (state, lcm, name, condition) => {
  expect(machineStateName(state, lcm)).toBe(name);
  expect(conditionOf(state, lcm)).toBe(condition);
});

test("a state that a later version adds has its number for a name, and is no failure", () => {
  expect(machineStateName(3, lifeCycleStates.length)).toBe(`LCM_STATE ${lifeCycleStates.length}`);
  expect(conditionOf(3, lifeCycleStates.length)).toBe("running");
  expect(conditionOf(machineStates.length, 0)).toBe("stopped");
});

test.each([
  [
    0x0200,
    "[one.template.instantiate] User [2] : user [2] limit of 1 reached for VMS quota in VM.",
    "opennebula-quota",
  ],
  [0x4000, "Error allocating a new virtual machine. limit of 4 reached for CPU quota in VM", "opennebula-quota"],
  [
    0x4000,
    "Error allocating a new virtual machine. Cannot get IP/MAC lease from virtual network 0.",
    "opennebula-no-lease",
  ],
  [0x0100, "[one.vm.info] User couldn't be authenticated, aborting call.", "opennebula-not-authenticated"],
  [0x0200, "[one.host.allocate] User [2] : Not authorized to perform CREATE HOST.", "opennebula-not-authorized"],
  [0x0400, "[one.vm.info] Error getting virtual machine [9].", "opennebula-no-exists"],
  [0x0800, "This action is not available for state PROLOG", "opennebula-wrong-state"],
  [0x1000, "Incorrect filter_flag", "opennebula-bad-parameters"],
  [0x2000, "Cannot process request, no leader found", "opennebula-internal"],
  [0x4000, "Error allocating a new host.", "opennebula-not-allocated"],
  [0x8000, "The resource virtual machine is locked.", "opennebula-locked"],
  [0x10000, "Error replicating log entry 5", "opennebula-replication"],
  [0x20000, "a code of another version", "opennebula-internal"],
])("code %i with %j is %s", (code, message, reason) => {
  expect(reasonOf(code, message)).toBe(reason);
});

test.each([
  ["5.12.0.4", "user-template", "vm_template"],
  ["6.0.0.2", "user-template", "vm_template"],
  ["6.2.0", "calls", "vm_template"],
  ["6.10.0", "calls", "vm_template"],
  ["7.0.0", "calls", "template_id"],
  ["7.4.2", "calls", "template_id"],
])("version %s has the profile %s, %s", (version, scheduledActions, flowRoles) => {
  expect(profileOf(version)).toEqual({ version, scheduledActions, flowRoles });
});

test.each(["5.10.5", "8.0.0", "4.14", "", "latest"])("version %j is refused, naming it", (version) => {
  expect(() => profileOf(version)).toThrow(JSON.stringify(version));
});

test("a template is XML in which no value can become an attribute", () => {
  expect(templateXml({ NAME: 'a" ]\nOWNER="oneadmin', NIC: [{ NETWORK: "<x>" }, { NETWORK: "y&" }], CPU: 2 })).toBe(
    '<TEMPLATE><NAME>a" ]\nOWNER="oneadmin</NAME><NIC><NETWORK>&lt;x&gt;</NETWORK></NIC>' +
      "<NIC><NETWORK>y&amp;</NETWORK></NIC><CPU>2</CPU></TEMPLATE>",
  );
  expect(() => templateXml({ "A><B": 1 })).toThrow(/not a name/);
});
