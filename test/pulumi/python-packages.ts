import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { cacheFolder } from "./cache-folder.ts";
import { madeOnce } from "./made-once.ts";

/** Packages of PyPI that a requirements file pins by version and digest. */
export interface PythonPackages {
  /** Begins the name of their folder. */
  readonly name: string;
  /** Absolute path of the requirements file. */
  readonly requirements: string;
}

/** Packages for this machine's python3 in a folder of the cache, for PYTHONPATH. Throws with what to install. */
export async function pythonPackages(packages: PythonPackages, tell: (text: string) => void): Promise<string> {
  const { name, requirements } = packages;
  const python = spawnSync("python3", ["-c", "import sys, pip; print(sys.version)"], { encoding: "utf8" });
  if (python.error !== undefined || python.status !== 0)
    throw new Error(
      `${name} comes from PyPI: install python3 with pip (packages python3 and python3-pip), then try again`,
    );
  const key = createHash("sha256").update(python.stdout).update(readFileSync(requirements)).digest("hex").slice(0, 16);
  return madeOnce(
    join(cacheFolder(), `python-${name}-${key}`),
    async (half) => {
      tell(`Installing ${name} from PyPI: about half a minute, only this once.`);
      const words = ["-n", "19", "python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
      // A folder of its own, because Debian's pip refuses to touch what belongs to the distribution.
      const where = ["--target", half, "--require-hashes", "--only-binary", ":all:", "-r", requirements];
      const pip = spawn("nice", [...words, ...where], { stdio: ["ignore", "ignore", "pipe"] });
      const [said, [code]] = await Promise.all([text(pip.stderr), once(pip, "close")]);
      if (code !== 0) throw new Error(`pip did not install ${name}, ended with ${code}:\n${said.slice(-2000)}`);
    },
    tell,
  );
}
