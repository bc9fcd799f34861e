import { join } from "node:path";
import { quoted } from "../../infra/ssh/transfer-script.ts";
import type { StageContext } from "../dsl/context.ts";
import type { Environment, Role } from "../environments/environment.ts";
import type { BuiltPackage, BuiltPackages } from "./build.ts";
import { packageFailures } from "./failures.ts";
import { type Machine, remoteRoot } from "./machine.ts";
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
      const wanted = role === undefined ? [] : selected(role, packages.packages, server.name, ctx);
      await installOn(machine, { wanted, environment }, ctx);
    }),
  );
}

function selected(role: Role, built: readonly BuiltPackage[], server: string, ctx: StageContext): BuiltPackage[] {
  const names = built.map(({ name }) => name);
  const missing = role.installs.filter((name) => !names.includes(name));
  if (missing.length > 0) ctx.fail(packageFailures.missing(server, missing, names));
  return built.filter(({ name }) => role.installs.includes(name));
}

/** Exit codes of the script by which the steps are told apart: dpkg's own are 1 and 2. */
const exits = { tooOld: 61, changed: 62, refused: 63 };
const folder = `${remoteRoot}/packages`;

async function installOn(
  machine: Machine,
  what: { readonly wanted: readonly BuiltPackage[]; readonly environment: Environment },
  ctx: StageContext,
): Promise<void> {
  const { server } = machine;
  const { name, since } = what.environment;
  const connection = await machine.connect();
  const options = { signal: ctx.signal, timeoutMs: 300_000 };
  for (const { file } of what.wanted) await connection.upload(join(ctx.folder, file.path), folder, options);
  const sums = what.wanted.map(({ file }) => `${file.sha256}  ${fileName(file.path)}\n`).join("");
  const end = await connection.run(installScript(what.wanted, since), {
    ...options,
    input: sums,
    onLine: (line, stream) => ctx.log(line, { host: server.name, stream }),
  });
  const said = `${end.stdout}\n${end.stderr}`.trim();
  if (end.code === exits.tooOld) {
    ctx.fail(packageFailures.versionTooOld(name, since, what.wanted.map(({ version }) => version).join(", ")));
  }
  if (end.code === exits.changed) ctx.fail(packageFailures.changedOnTheWay(server.name, said));
  if (end.code !== 0) ctx.fail(packageFailures.installFailed(server.name, said));
}

/** One exchange for all of a server, because each costs an emulated one a third of a second. The sums come by input. */
function installScript(wanted: readonly BuiltPackage[], since: string): string {
  if (wanted.length === 0) return keepCores;
  const names = wanted.map(({ file }) => quoted(fileName(file.path))).join(" ");
  return [
    keepCores,
    ...wanted.map(
      ({ version }) => `dpkg --compare-versions ${quoted(version)} ge ${quoted(since)} || exit ${exits.tooOld}`,
    ),
    `cd ${folder} && sha256sum --check --strict --quiet - || exit ${exits.changed}`,
    `DEBIAN_FRONTEND=noninteractive dpkg -i ${names} < /dev/null || exit ${exits.refused}`,
  ].join("\n");
}

function fileName(path: string): string {
  return path.split("/").at(-1) ?? "";
}

/** Lets processes leave core dumps where evidence is looked for; an image of ours brings systemd's part of it. */
const keepCores = `umask 022
settings=/etc/systemd/system/service.d/edgecert-cores.conf
if [ ! -e $settings ] && [ -d /run/systemd/system ]; then
  mkdir -p /etc/systemd/system/service.d
  printf '[Service]\\nLimitCORE=infinity\\n' > $settings && systemctl daemon-reload || exit ${exits.refused}
fi
install -d -m 1777 ${remoteRoot}/cores && chmod 755 ${remoteRoot} &&
  echo '${remoteRoot}/cores/%e.%p.core' > /proc/sys/kernel/core_pattern || exit ${exits.refused}`;
