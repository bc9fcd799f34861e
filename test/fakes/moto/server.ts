import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { cacheFolder } from "../../pulumi/cache-folder.ts";
import { madeOnce } from "../../pulumi/made-once.ts";

/** An emulator of EC2's API that others wrote: PyPI's moto. Empty but for published images. */
export interface Moto extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
}

const startMs = 60_000;
const requirements = join(import.meta.dirname, "requirements.txt");

/** Starts the emulator, which is installed on first use. It knows the images of `images.json` and refuses any other. */
export async function startMoto(tell: (text: string) => void): Promise<Moto> {
  const python = join(await environment(tell), "bin", "python");
  const server = spawn(python, [join(import.meta.dirname, "serve.py")], {
    stdio: ["pipe", "ignore", "pipe"],
    env: {
      PATH: process.env.PATH,
      MOTO_AMIS_PATH: join(import.meta.dirname, "images.json"),
      MOTO_ENABLE_AMI_VALIDATION: "true",
      MOTO_ENABLE_KEYPAIR_VALIDATION: "true",
    },
  });
  const stop = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill("SIGKILL");
    await once(server, "close");
  };
  try {
    return { url: await addressOf(server.stderr), [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The address that the server says it runs on. Reads on afterwards, because a full pipe would stop the server. */
function addressOf(stderr: Readable): Promise<string> {
  let said = "";
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`moto does not start:\n${said}`)), startMs);
    stderr.setEncoding("utf8").on("data", (text: string) => {
      said = `${said}${text}`.slice(-4000);
      const url = /Running on (http:\S+)/.exec(said)?.[1];
      if (url === undefined) return;
      clearTimeout(late);
      resolve(url);
    });
    stderr.once("close", () => {
      clearTimeout(late);
      reject(new Error(`moto ended:\n${said}`));
    });
  });
}

async function environment(tell: (text: string) => void): Promise<string> {
  const { error, stdout } = spawnSync("python3", ["-c", "import sys, venv, ensurepip; print(sys.version)"], {
    encoding: "utf8",
  });
  if (error !== undefined || stdout === "")
    throw new Error("moto needs python3 with venv: install the packages python3 and python3-venv, then try again");
  const key = createHash("sha256").update(stdout).update(readFileSync(requirements)).digest("hex").slice(0, 16);
  const folder = join(cacheFolder(), `moto-${key}`);
  return madeOnce(
    folder,
    async (half) => {
      tell("Installing moto, an emulator of EC2, from PyPI: half a minute, only this once.");
      run("python3", ["-m", "venv", half]);
      // A virtual environment holds its own path in its scripts, so only its Python is ever started.
      run(join(half, "bin", "python"), ["-m", "pip", "install", "--quiet", "--require-hashes", "-r", requirements]);
    },
    tell,
  );
}

function run(program: string, words: readonly string[]): void {
  const { status, stderr, error } = spawnSync("nice", ["-n", "19", program, ...words], { encoding: "utf8" });
  if (status !== 0)
    throw new Error(`${program} ${words.slice(0, 3).join(" ")} failed: ${error?.message ?? stderr.slice(-2000)}`);
}
