import { join } from "node:path";
import { quoted } from "../../infra/ssh/transfer-script.ts";
import type { StageContext } from "../dsl/context.ts";
import type { Environment, Role } from "../environments/environment.ts";
import type { BuiltPackage, BuiltPackages } from "./build.ts";
import { packageFailures } from "./failures.ts";
import { type Machine, remoteRoot, writeRemote } from "./machine.ts";
import { digestOf } from "./source.ts";

/** What is installed, and on which kind of servers. */
export interface Installation {
  readonly environment: Environment;
  readonly packages: BuiltPackages;
}

/**
 * Installs on every machine the packages of its role: the very bytes that were built, compared by sha256 here and on
 * the server. A server that built packages is refused. Safe to repeat.
 */
export async function installPackages(
  machines: readonly Machine[],
  installation: Installation,
  ctx: StageContext,
): Promise<void> {
  const { environment, packages } = installation;
  for (const { file } of packages.packages) {
    const found = await digestOf(join(ctx.folder, file.path));
    if (found.sha256 !== file.sha256) {
      ctx.fail(packageFailures.changedOnTheWay(file.path, `built ${file.sha256}, now ${found.sha256}`));
    }
  }
  await Promise.all(
    machines.map(async (machine) => {
      const { server } = machine;
      if (server.role === "build") ctx.fail(packageFailures.buildServerTested(server.name));
      const role = environment.roles.find(({ name }) => name === server.role);
      await keepCores(machine, ctx);
      const wanted = role === undefined ? [] : selected(role, packages.packages, server.name, ctx);
      if (wanted.length > 0) await installOn(machine, { wanted, environment }, ctx);
    }),
  );
}

function selected(role: Role, built: readonly BuiltPackage[], server: string, ctx: StageContext): BuiltPackage[] {
  const names = built.map(({ name }) => name);
  const missing = role.installs.filter((name) => !names.includes(name));
  if (missing.length > 0) ctx.fail(packageFailures.missing(server, missing, names));
  return built.filter(({ name }) => role.installs.includes(name));
}

async function installOn(
  machine: Machine,
  what: { readonly wanted: readonly BuiltPackage[]; readonly environment: Environment },
  ctx: StageContext,
): Promise<void> {
  const { server } = machine;
  const connection = await machine.connect();
  const options = { signal: ctx.signal, timeoutMs: 300_000 };
  const folder = `${remoteRoot}/packages`;
  for (const { file, version } of what.wanted) {
    const { name, since } = what.environment;
    const order = `dpkg --compare-versions ${quoted(version)} ge ${quoted(since)}`;
    if ((await connection.run(order, options)).code === 1)
      ctx.fail(packageFailures.versionTooOld(name, since, version));
    await connection.upload(join(ctx.folder, file.path), folder, options);
  }
  const files = what.wanted.map(({ file }) => ({ name: file.path.split("/").at(-1) ?? "", sha256: file.sha256 }));
  const sums = files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join("");
  const checked = await connection.run(`cd ${folder} && sha256sum --check --strict -`, { ...options, input: sums });
  if (checked.code !== 0) ctx.fail(packageFailures.changedOnTheWay(server.name, checked.stdout + checked.stderr));
  const list = files.map(({ name }) => quoted(name)).join(" ");
  const installed = await connection.run(`cd ${folder} && DEBIAN_FRONTEND=noninteractive dpkg -i ${list} < /dev/null`, {
    ...options,
    onLine: (line, stream) => ctx.log(line, { host: server.name, stream }),
  });
  if (installed.code !== 0) {
    ctx.fail(packageFailures.installFailed(server.name, `${installed.stdout}\n${installed.stderr}`.trim()));
  }
}

/** Lets processes leave core dumps where evidence is looked for. Before the installation, which reloads systemd. */
async function keepCores(machine: Machine, ctx: StageContext): Promise<void> {
  const connection = await machine.connect();
  const dropIn = "/etc/systemd/system/service.d/edgecert-cores.conf";
  await writeRemote(
    connection,
    { path: dropIn, text: "[Service]\nLimitCORE=infinity\n", mode: "0644", owner: "root" },
    ctx,
  );
  await connection.must(
    `chmod 755 /etc/systemd/system/service.d && install -d -m 1777 ${remoteRoot}/cores && ` +
      `chmod 755 ${remoteRoot} && echo '${remoteRoot}/cores/%e.%p.core' > /proc/sys/kernel/core_pattern`,
    { signal: ctx.signal },
  );
}
