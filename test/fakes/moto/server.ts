import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pythonPackages } from "../../pulumi/python-packages.ts";

/** An emulator of EC2's API that others wrote: PyPI's moto. Empty but for published images. */
export interface Moto extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
}

const startMs = 60_000;

/** Starts the emulator, which is installed on first use. It knows the images of `images.json` and refuses any other. */
export async function startMoto(tell: (text: string) => void): Promise<Moto> {
  const server = spawn("python3", [join(import.meta.dirname, "serve.py")], {
    stdio: ["pipe", "ignore", "pipe"],
    env: {
      PATH: process.env.PATH,
      PYTHONPATH: await packages(tell),
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

async function packages(tell: (text: string) => void): Promise<string> {
  return pythonPackages({ name: "moto", requirements: join(import.meta.dirname, "requirements.txt") }, tell);
}
