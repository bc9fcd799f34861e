import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { InfraError } from "../../infra/failure.ts";
import { pulumiEngine as installedEngine } from "../../infra/pulumi/engine.ts";
import { homeFolder } from "../../pipelines/cli/home.ts";
import {
  type CloudsRecord,
  changeScript,
  endClouds,
  type MachineMode,
  runningClouds,
  sharedClouds,
} from "../fakes/running-clouds.ts";
import { pulumiEngine as builtEngine } from "./engine.ts";
import { exampleStack, type Login, type RehearsedProvider } from "./example-stack.ts";
import { loginLines, prepareLogin } from "./rehearsed-login.ts";
import { Workspace } from "./workspace.ts";

const usage = `usage: npm run pulumi:rehearse -- [--provider NAME] [--hosts N] [--machines KIND] [--script FILE] COMMAND [OPTION...]

Types a command of Pulumi in this checkout against fakes on this machine: no account, no cost, nothing outside is asked.
What one command brings up, the next one sees.

  preview, up, refresh, destroy, stack output, ...   as Pulumi knows them; options after the command are Pulumi's
  end                     ends the fakes, and forgets the rehearsal with all that it brought up

  --provider NAME         aws (default), equinix-metal or scaleway
  --hosts N               hosts of a new stack; default 1
  --machines instant|real what its hosts are: nothing (default), or virtual machines of this machine, 1 GiB each, that boot
                          by cloud-init, answer by SSH and end with the fakes
  --script FILE           what goes wrong from now on, as JSON, such as
                          {"rules": [{"type": "Instance", "does": "refuse", "code": "InsufficientInstanceCapacity"}]}

The fakes end by themselves after an idle hour. Files: ${join(homeFolder(), "rehearsal")}`;

const folder = join(homeFolder(), "rehearsal");
const words = process.argv.slice(2);
const split = words.findIndex((word, index) => !word.startsWith("-") && !isValue(words[index - 1]));
const own = split === -1 ? words : words.slice(0, split);
const command = split === -1 ? [] : words.slice(split);
const options = parsed();
if (options.help === true || command.length === 0) {
  console.log(usage);
  process.exit(options.help === true ? 0 : 2);
}
const provider = providerNamed(options.provider ?? "aws");
const asked = machinesNamed(options.machines);
const hosts = Number(options.hosts ?? 1);
if (!Number.isSafeInteger(hosts) || hosts < 1 || hosts > 100)
  refuse(`--hosts ${options.hosts} is no number from 1 to 100`);
process.exitCode = await (command[0] === "end" ? end() : rehearse());

async function rehearse(): Promise<number> {
  // On standard error, because standard output is Pulumi's, and may be read by a program.
  console.error(`FAKE: a rehearsal of ${provider} on this machine. Nothing is ordered, and nobody is billed.`);
  const engine = await engineFolder();
  await forgetLostWorld();
  const mode = await machineMode();
  const login = mode === "real" ? await preparedLogin() : undefined;
  const clouds = await sharedClouds(folder, { mode, home: homeFolder() });
  if (options.script !== undefined) await changeTo(clouds, options.script);
  const { environment } = clouds;
  const workspace = await Workspace.open({ folder: join(folder, "work"), engine, infra: "linked", environment });
  await workspace.stack(provider, exampleStack(provider, hosts, login));
  const env = { ...workspace.environment, PULUMI_STACK: provider };
  const child = spawn("pulumi", command, { cwd: workspace.folder, env, stdio: "inherit" });
  // Because a terminal sends its interrupt to Pulumi too, which ends in its own way.
  process.on("SIGINT", () => {});
  const [code] = await once(child, "close");
  if (code === 0 && command[0] === "up" && login !== undefined)
    for (const line of await loginLines(folder, workspace, provider)) console.log(line);
  return Number(code ?? 1);
}

async function preparedLogin(): Promise<Login> {
  try {
    return await prepareLogin(folder, { home: homeFolder(), tell: console.log });
  } catch (error) {
    if (!(error instanceof InfraError)) throw error;
    return refuse(`--machines real: ${error.message}\n${error.failure.next}`);
  }
}

function machinesNamed(name: string | undefined): MachineMode | undefined {
  if (name === undefined || name === "instant" || name === "real") return name;
  return refuse(`--machines ${name}: use instant or real`);
}

/** What was asked for, which must be what the fakes have where they run. */
async function machineMode(): Promise<MachineMode> {
  const running = (await runningClouds(folder))?.machines;
  if (running !== undefined && asked !== undefined && asked !== running)
    refuse(`--machines ${asked}: this rehearsal began with ${running} machines; the command end ends it`);
  return running ?? asked ?? "instant";
}

/** Because states that outlived their fakes name what exists nowhere: both are forgotten together. */
async function forgetLostWorld(): Promise<void> {
  if ((await runningClouds(folder)) !== undefined || !existsSync(join(folder, "work"))) return;
  console.error(
    "The fakes of an earlier rehearsal have ended, and all that it brought up with them: this one begins anew.",
  );
  rmSync(join(folder, "work"), { recursive: true });
}

async function changeTo(clouds: CloudsRecord, file: string): Promise<void> {
  try {
    await changeScript(clouds, readFileSync(file, "utf8"));
  } catch (error) {
    refuse(`--script ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function end(): Promise<number> {
  await endClouds(folder);
  rmSync(folder, { recursive: true, force: true });
  console.log("The fakes have ended, and the rehearsal is forgotten.");
  return 0;
}

/** Pulumi of this machine when it brings its host of Node.js programs along, else the one that tests build. */
async function engineFolder(): Promise<string> {
  const installed = await installedEngine().catch(() => undefined);
  const bin = installed === undefined ? "" : dirname(installed.command);
  if (installed?.source === "path" && existsSync(join(bin, "pulumi-language-nodejs"))) return bin;
  return join((await builtEngine()).root, "bin");
}

function providerNamed(name: string): RehearsedProvider {
  if (name === "aws" || name === "equinix-metal" || name === "scaleway") return name;
  return refuse(`--provider ${name} has no fake: use aws, equinix-metal or scaleway`);
}

function isValue(before: string | undefined): boolean {
  return ["--provider", "--hosts", "--machines", "--script"].includes(before ?? "");
}

function parsed() {
  const text = { type: "string" } as const;
  try {
    const known = {
      provider: text,
      hosts: text,
      machines: text,
      script: text,
      help: { type: "boolean", short: "h" },
    } as const;
    return parseArgs({ args: own, options: known }).values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function refuse(problem: string): never {
  console.error(`${problem}\n\n${usage}`);
  process.exit(2);
}
