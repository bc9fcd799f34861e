/**
 * What a machine may rightly lack: only these reasons excuse a skipped test where `CI` is set. A test that skips
 * itself names its reason word for word: `context.skip(unavailable.python)`.
 */
export const unavailable = {
  python: "artefact: no python3 on PATH",
  go: "artefact: no go on PATH",
  rspec: "artefact: no rspec on PATH",
  root: "artefact: no root user to drop",
  mounts: "artefact: no right to mount a file system",
  zsh: "artefact: no zsh on PATH",
  fish: "artefact: no fish on PATH",
  chromium: "artefact: no chromium on PATH",
} as const;

/** Whether a skip for this reason is excused. */
export function isExcused(reason: string | undefined): boolean {
  return Object.values(unavailable).some((known) => known === reason);
}
