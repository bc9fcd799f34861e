import type { OpenNebulaReason } from "./failures.ts";

/**
 * The codes with which a call of OpenNebula fails. Source: `include/Request.h` of OpenNebula, and the XML-RPC reference,
 * which leaves out the last.
 */
export const errorCodes = {
  success: 0x0000,
  authentication: 0x0100,
  authorization: 0x0200,
  noExists: 0x0400,
  action: 0x0800,
  xmlRpcApi: 0x1000,
  internal: 0x2000,
  allocate: 0x4000,
  locked: 0x8000,
  replication: 0x10000,
} as const;

const reasons: ReadonlyMap<number, OpenNebulaReason> = new Map<number, OpenNebulaReason>([
  [errorCodes.authentication, "opennebula-not-authenticated"],
  [errorCodes.authorization, "opennebula-not-authorized"],
  [errorCodes.noExists, "opennebula-no-exists"],
  [errorCodes.action, "opennebula-wrong-state"],
  [errorCodes.xmlRpcApi, "opennebula-bad-parameters"],
  [errorCodes.internal, "opennebula-internal"],
  [errorCodes.allocate, "opennebula-not-allocated"],
  [errorCodes.locked, "opennebula-locked"],
  [errorCodes.replication, "opennebula-replication"],
]);

/**
 * The reason of a failed call. A quota is told by `Quota::check_quota` under the code of a missing right, and by the
 * reference under that of a failed allocation: its own words decide. So do those of a network without a free address.
 */
export function reasonOf(code: number, message: string): OpenNebulaReason {
  if (/limit of \S+ reached for \S+ quota/.test(message)) return "opennebula-quota";
  if (/Cannot (get|allocate).*lease|No free|[Nn]ot enough space/.test(message)) return "opennebula-no-lease";
  return reasons.get(code) ?? "opennebula-internal";
}
