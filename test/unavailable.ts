/**
 * What a machine may rightly lack: only these reasons excuse a skipped test where `CI` is set. A test that skips
 * itself names its reason word for word: `context.skip(unavailable.hardwareVirtualisation)`.
 */
export const unavailable = {
  hardwareVirtualisation: "hardware: this machine has no working /dev/kvm",
  python: "artefact: no python3 on PATH",
  pulumiEngine: "artefact: no pulumi program on PATH",
} as const;

/** Whether a skip for this reason is excused. */
export function isExcused(reason: string | undefined): boolean {
  return Object.values(unavailable).some((known) => known === reason);
}
