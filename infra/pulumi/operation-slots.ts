import { totalmem } from "node:os";

/**
 * Memory of one operation in bytes: the process of its program, Pulumi and the plugin of its provider; of these AWS's is
 * by far the largest.
 */
const operationBytes = 1024 ** 3;
const most = 16;

/** How many operations may be at work on this machine at the same time, of all runs together. */
export function operationSlots(memory = totalmem()): number {
  return Math.max(1, Math.min(most, Math.floor(memory / operationBytes)));
}
