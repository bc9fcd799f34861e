// Plain JavaScript that Node 18 can parse, importing only node: modules, because it runs before anything is installed.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const node = join(root, "node_modules", ".bin", "node");
const stamp = join(root, "node_modules", ".edgecert-installed");

/** What each command starts, and whether it needs the system packages that run servers on this machine. */
const commands = {
  certify: { start: ["pipelines/cli/main.ts", "run", "pipelines/quickstart.ts"], servers: true },
  test: { start: ["test/run.ts", "everything"], servers: true },
  check: { start: ["test/run.ts", "fast"], servers: false },
  bench: { start: ["test/bench/main.ts"], servers: true },
  campaign: { start: ["test/faults/campaign.ts"], servers: true },
  "pulumi:rehearse": { start: ["test/pulumi/rehearse.ts"], servers: false },
};

const [name = "", ...rest] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) {
  console.error(`edgecert: no set-up for "${name}": use one of ${Object.keys(commands).join(", ")}`);
  process.exit(2);
}
installPackages();
if (command.servers && !rest.includes("--help") && !rest.includes("-h")) installSystemPackages();
start([...command.start, ...rest]);

/** Repairs node_modules unless its stamp names this very lock file and its node starts. */
function installPackages() {
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted && nodeStarts()) return;
  say("Installing the locked npm packages into node_modules (npm ci); about a minute, only this once.");
  // Because standard output is the command's own, what installs speaks on standard error.
  const done = spawnSync("npm", ["ci", "--no-progress", "--loglevel=error"], { cwd: root, stdio: ["inherit", 2, 2] });
  if (done.error !== undefined || done.status !== 0) {
    fail(
      "npm ci did not succeed",
      "check that npm is on PATH and that its registry can be reached, then run the same command again",
    );
  }
  if (!nodeStarts()) {
    fail(
      "the packages are installed but node_modules/.bin/node does not start",
      "remove node_modules and run the same command again",
    );
  }
  writeFileSync(stamp, wanted);
}

function nodeStarts() {
  return spawnSync(node, ["--version"]).status === 0;
}

/** Installs what is missing by the distribution's package manager, or says precisely what to install. */
function installSystemPackages() {
  const { packages: table } = JSON.parse(readFileSync(join(root, "infra", "hosts", "system-packages.json"), "utf8"));
  const missing = table.filter(isMissing);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((row) => row.package))];
  for (const row of missing) say(`Missing on this machine: ${row.command ?? row.file} (${row.why})`);
  const line = `apt-get install -y --no-install-recommends ${packages.join(" ")}`;
  const prefix = privilege();
  if (!onPath("apt-get") || prefix === null) {
    fail(
      `these system packages must be installed first: ${packages.join(" ")}`,
      onPath("apt-get") ? `run: sudo ${line}` : "install them with this system's package manager, under its own names",
    );
  }
  say(`Installing system packages: ${packages.join(" ")}`);
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const run = (words) => {
    const [program, ...parameters] = [...prefix, "apt-get", ...words];
    say(`Running: ${[program, ...parameters].join(" ")}`);
    return spawnSync(program, parameters, { stdio: ["ignore", 2, 2], env: environment }).status;
  };
  // Because a mirror that is half reachable may still hold what is needed, only the installation decides.
  run(["update", "-qq"]);
  const status = run(["install", "-y", "-qq", "--no-install-recommends", ...packages]);
  const still = missing.filter(isMissing);
  if (status !== 0 || still.length > 0) {
    fail(`apt-get did not install ${packages.join(" ")}`, `run it by hand to see why: sudo ${line}`);
  }
}

/** A row names a program or a file; one with `unless: "root"` is for other users only, and tests are such users too. */
function isMissing(row) {
  // Because only servers of another processor, which ask for it themselves, or the tests need it.
  if (row.when !== undefined && !(row.when === "tests" && name === "test")) return false;
  if (row.unless === "root" && process.getuid?.() === 0 && name !== "test") return false;
  return row.command === undefined ? !existsSync(row.file) : !onPath(row.command);
}

/** Words before a command that needs root: none for root, `sudo -n` where it asks nothing, null where neither. */
function privilege() {
  if (process.getuid?.() === 0) return [];
  return spawnSync("sudo", ["-n", "true"]).status === 0 ? ["sudo", "-n"] : null;
}

function onPath(program) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Starts the command with the node of node_modules and ends as it ends. */
function start(words) {
  const path = [join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter);
  const child = spawn(node, words, { cwd: root, stdio: "inherit", env: { ...process.env, PATH: path } });
  // Because a terminal sends an interrupt to every process of the group, forwarding it would make it arrive twice.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) =>
    fail(`${node} does not start: ${error.message}`, "remove node_modules and run the same command again"),
  );
  child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
}

function say(text) {
  console.error(`edgecert: ${text}`);
}

function fail(what, next) {
  console.error(`edgecert: ${what}.\n  Next: ${next}.`);
  process.exit(2);
}
