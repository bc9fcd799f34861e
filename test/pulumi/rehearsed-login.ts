import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { cloudPackages } from "../../infra/hosts/cloud-seed.ts";
import { makeSshKeyPair } from "../../infra/hosts/ssh-key-pair.ts";
import { ensureImage } from "../../infra/images/image.ts";
import { realSshPort } from "../fakes/real-machines.ts";
import type { Login } from "./example-stack.ts";
import type { Workspace } from "./workspace.ts";

const hosts = z.array(
  z.object({ address: z.string(), sshPort: z.number(), user: z.string(), hostKey: z.string(), name: z.string() }),
);

/**
 * Makes what a rehearsal with real machines needs before a cloud is asked for them: the image, which takes a minute or two
 * the first time, and a login key whose private half is kept in the folder.
 */
export async function prepareLogin(
  folder: string,
  { home, tell }: { readonly home: string; tell(text: string): void },
): Promise<Login> {
  const { signal } = new AbortController();
  await ensureImage({ os: "debian-12", packages: cloudPackages }, { home, signal, note: tell });
  const path = keyFile(folder);
  if (!existsSync(path)) {
    const pair = makeSshKeyPair("rehearsal-login");
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(`${path}.pub`, pair.publicKey);
    await writeFile(path, pair.privateKey, { mode: 0o600 });
  }
  return { publicKey: readFileSync(`${path}.pub`, "utf8"), sshPort: realSshPort };
}

/** Writes the host keys of a stack's outputs down, and gives the lines that a person types to log in by them. */
export async function loginLines(folder: string, workspace: Workspace, stack: string): Promise<readonly string[]> {
  const outputs = await workspace.must(["stack", "output", "hosts", "--json", "--stack", stack]);
  const all = hosts.parse(JSON.parse(outputs));
  const known = join(folder, "known_hosts");
  await writeFile(known, all.map((host) => `[${host.address}]:${host.sshPort} ${host.hostKey}\n`).join(""));
  const options = `-i ${keyFile(folder)} -o UserKnownHostsFile=${known} -o StrictHostKeyChecking=yes`;
  return [
    "The machines boot, which takes about a minute. Then log in, by the host keys of the stack's outputs:",
    ...all.map(({ address, sshPort, user }) => `  ssh ${options} -p ${sshPort} ${user}@${address}`),
  ];
}

function keyFile(folder: string): string {
  return join(folder, "login_ed25519");
}
