import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Enters a home into the machine's register, so that memory promised from one home is seen from all others of the same
 * user. Servers of other users are seen by their processes.
 */
export function registerHome(home: string, register = registerFolder()): void {
  mkdirSync(register, { recursive: true, mode: 0o700 });
  const word = createHash("sha256").update(home).digest("hex").slice(0, 16);
  try {
    symlinkSync(home, join(register, word));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

/** All registered homes of this user, whether or not they still exist. */
export function registeredHomes(register = registerFolder()): readonly string[] {
  try {
    // Because anybody may make a folder in the machine's temporary folder: only our own is believed.
    if (lstatSync(register).uid !== process.getuid?.()) return [];
    return readdirSync(register).map((word) => readlinkSync(join(register, word)));
  } catch {
    return [];
  }
}

function registerFolder(): string {
  return join(tmpdir(), `edgecert-homes-${process.getuid?.() ?? 0}`);
}
