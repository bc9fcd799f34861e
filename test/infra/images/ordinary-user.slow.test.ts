import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Image } from "../../../infra/images/image.ts";
import { machineMirror } from "../../../infra/images/mirror.ts";
import { localProvider } from "../../../infra/providers/local/provider.ts";
import { waitForSsh } from "../../../infra/ssh/readiness.ts";
import { hiddenMirror, mirrorProxy, plain } from "./mirror-proxy.ts";
import { accountIn, capabilitiesOf, netRaw, ownerOf, says } from "./ownership.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const isRoot = process.getuid?.() === 0;
const request = { os: "debian-11", packages: ["iputils-ping"] };
const folder = mkdtempSync(join(tmpdir(), "edgecert-user-"));
const home = join(folder, "home");
let proxy: Awaited<ReturnType<typeof mirrorProxy>>;
let image: Image;

/** Runs a program as an account without privileges that owns a range of ids, at a checkout that it can read. */
const asNobody = `set -eu
for file in subuid subgid; do
  printf 'nobody:200000:65536\\n' > "$1/$file"
  mount --bind "$1/$file" "/etc/$file"
done
mkdir "$1/checkout"
mount --bind "$2" "$1/checkout"
cd "$1/checkout"
exec setpriv --reuid nobody --regid nogroup --clear-groups "$3" test/infra/images/image-process.ts "$4"`;

/** The machine's apt is told of a mirror that only a proxy on loopback reaches. */
beforeAll(async () => {
  mkdirSync(home);
  chmodSync(folder, 0o755);
  if (isRoot) chownSync(home, 65534, 65534);
  proxy = await mirrorProxy(plain(await machineMirror(AbortSignal.timeout(10_000))));
  const sources = ["debian bullseye", "debian-security bullseye-security"];
  writeFileSync(
    join(folder, "sources.list"),
    sources.map((one) => `deb http://${hiddenMirror}/${one} main\n`).join(""),
  );
  const settings = [
    `Dir::Etc::sourcelist "${folder}/sources.list";`,
    `Dir::Etc::sourceparts "${folder}/none";`,
    `Acquire::http::Proxy "${proxy.url}";`,
  ];
  writeFileSync(join(folder, "apt.conf"), settings.join("\n"));
  process.env.APT_CONFIG = join(folder, "apt.conf");
  const task = JSON.stringify({ home, request });
  const words = isRoot
    ? ["unshare", "--mount", "sh", "-c", asNobody, "sh", folder, root, process.execPath, task]
    : [process.execPath, join(root, "test/infra/images/image-process.ts"), task];
  const child = spawn(words[0] ?? "", words.slice(1), {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, HOME: home, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  let last = "{}";
  createInterface({ input: child.stdout }).on("line", (line) => {
    console.log(line);
    last = line;
  });
  await once(child, "close");
  image = JSON.parse(last).image;
  expect(image, last).toBeDefined();
});
afterAll(async () => {
  delete process.env.APT_CONFIG;
  await proxy?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("an ordinary user's image of Debian 11 keeps owners, setuid bits and file capabilities", () => {
  expect(ownerOf(image, "/bin/su")).toBe("04755 0 0");
  expect(ownerOf(image, "/usr/bin/passwd")).toBe("04755 0 0");
  expect(ownerOf(image, "/var/cache/apt/archives/partial")).toBe(`0700 ${accountIn(image, "_apt")} 0`);
  expect(capabilitiesOf(image, "/bin/ping")).toBe(netRaw);
});

test("it came through the machine's proxy from the machine's mirror, and knows neither", () => {
  expect(proxy.requests()).toBeGreaterThan(50);
  expect(says(image, [hiddenMirror, new URL(proxy.url).host, folder])).toBe(false);
});

test("a guest started from it reaches packages as its host does", async () => {
  const provider = localProvider({ home });
  const owner = {
    run: `user-${process.pid}`,
    node: "n",
    attempt: 1,
    token: 1,
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  };
  const server = { name: "node1", role: "node", cores: 1, memoryMiB: 512, nestedKvm: false, ...request };
  const io = { signal: AbortSignal.timeout(400_000), note: (text: string) => console.log(text), ready: () => {} };
  try {
    const [one] = await provider.provision([server], owner, io);
    if (one === undefined) throw new Error("there is no server");
    expect(one.facts).toMatchObject({ imageDigest: image.digest, kernel: image.kernelVersion });
    const connection = await waitForSsh(one.ssh, { timeoutMs: 60_000 });
    const before = proxy.requests();
    const update = "apt-get -q update -o Acquire::Languages=none 2>&1 && stat -c '%a %U' /bin/su";
    const { stdout } = await connection.must(update, { timeoutMs: 240_000 });
    connection.close();
    expect(stdout).toContain(`http://${hiddenMirror}/debian bullseye`);
    expect(stdout).toMatch(/4755 root\n$/);
    expect(proxy.requests()).toBeGreaterThan(before);
  } finally {
    await provider.destroy({ ...owner, token: 2 }, AbortSignal.timeout(60_000));
  }
});
