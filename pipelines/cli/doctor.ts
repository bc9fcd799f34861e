import { spawnSync } from "node:child_process";
import { statfsSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { missingRequirements, type Requirement, requirements } from "../../infra/hosts/requirements.ts";
import { namesPool, providerVariable } from "../../infra/providers/chosen-pools.ts";
import { examineOpenNebula } from "../../infra/providers/opennebula/examination.ts";
import { hasOpenNebula } from "../../infra/providers/opennebula/place.ts";
import { pulumiEngine } from "../../infra/pulumi/engine.ts";
import { failureOf } from "../dsl/failure.ts";
import { exitCodes } from "./exit.ts";
import { homeFolder } from "./home.ts";
import { paint, states } from "./view/paint.ts";

/** What was looked at, and what to do where it is not well. */
interface Finding {
  readonly subject: string;
  readonly state: "well" | "missing" | "remark";
  readonly detail: string;
}

/** Says what this machine lacks, and with `fix` installs it. Gives the exit code: 0 when nothing is missing. */
export async function examine(options: { readonly fix?: boolean; readonly json?: boolean }): Promise<number> {
  if (options.fix === true) install(missingRequirements());
  const findings = [...tools(), memory(), disk(), acceleration(), await edge(), ...(await openNebula())];
  if (options.json === true) console.log(JSON.stringify(findings, null, 2));
  else for (const finding of findings) console.log(line(finding));
  const missing = findings.some((finding) => finding.state === "missing");
  if (missing && options.json !== true) console.log("\nNext: edgecert doctor --fix");
  return missing ? exitCodes.usage : exitCodes.passed;
}

function line(finding: Finding): string {
  const marks = {
    well: paint(states.passed.style, "✓"),
    missing: paint(states.failed.style, "✗"),
    remark: paint("yellow", "•"),
  };
  return `${marks[finding.state]} ${finding.subject.padEnd(20)} ${finding.detail}`;
}

function tools(): Finding[] {
  const missing = new Set(missingRequirements().map((tool) => tool.command));
  return requirements.map((tool) => ({
    subject: tool.command,
    state: missing.has(tool.command) ? "missing" : "well",
    detail: missing.has(tool.command) ? `not found: ${tool.why}; package ${tool.package}` : tool.why,
  }));
}

function memory(): Finding {
  const gibibytes = totalmem() / 2 ** 30;
  const detail = `${gibibytes.toFixed(1)} GiB of memory, ${availableParallelism()} cores`;
  return gibibytes < 6
    ? {
        subject: "memory",
        state: "remark",
        detail: `${detail}; the quickstart wants 6 GiB to run two cells side by side`,
      }
    : { subject: "memory", state: "well", detail };
}

function disk(): Finding {
  const home = homeFolder();
  const { bavail, bsize } = statfsSync(nearest(home));
  const gibibytes = (bavail * bsize) / 2 ** 30;
  const detail = `${gibibytes.toFixed(1)} GiB free for ${home}`;
  return gibibytes < 8
    ? { subject: "disk", state: "remark", detail: `${detail}; images need about 8 GiB` }
    : { subject: "disk", state: "well", detail };
}

/** The folder itself, or the closest one above it that exists. */
function nearest(folder: string): string {
  try {
    statfsSync(folder);
    return folder;
  } catch {
    return nearest(folder.slice(0, folder.lastIndexOf("/")) || "/");
  }
}

function acceleration(): Finding {
  const opened = spawnSync("test", ["-w", "/dev/kvm"]).status === 0;
  const detail = opened
    ? "/dev/kvm can be opened; the first run proves it by booting a kernel under a deadline"
    : "no usable /dev/kvm: processors are emulated, which is slower and works";
  return { subject: "virtualisation", state: opened ? "well" : "remark", detail };
}

/** A remark where Pulumi is missing, because nothing that runs on this machine alone needs it. */
async function edge(): Promise<Finding> {
  try {
    const { command, version, source } = await pulumiEngine();
    const how =
      source === "download" ? "which the npm package downloads when it is first used" : "brings up edge clusters";
    return { subject: "pulumi", state: "well", detail: `${command} ${version}, ${how}` };
  } catch (error) {
    const { title, detail, next } = failureOf(error);
    return { subject: "pulumi", state: "remark", detail: `${title}, which only edge clusters need. ${detail} ${next}` };
  }
}

/** No row at all where nobody means to use an OpenNebula. */
async function openNebula(): Promise<Finding[]> {
  const subject = "opennebula";
  const word = process.env[providerVariable] ?? "";
  const named = namesPool(word, subject) || (process.env.ONE_XMLRPC ?? "") !== "";
  if (!named && !hasOpenNebula(homeFolder())) return [];
  try {
    return [{ subject, state: "well", detail: await examineOpenNebula(process.env, AbortSignal.timeout(20_000)) }];
  } catch (error) {
    const { title, detail, next } = failureOf(error);
    return [{ subject, state: "remark", detail: `${title}. ${detail} ${next}` }];
  }
}

/** Installs packages as the set-up does. All of it is said on standard error, so that `--json` prints only JSON. */
function install(missing: readonly Requirement[]): void {
  const packages = [...new Set(missing.map((tool) => tool.package))];
  if (packages.length === 0) return;
  // Because nobody may be there to answer it, sudo never asks for a password.
  const prefix = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  const run = (...words: readonly string[]) => {
    const [program = "apt-get", ...rest] = [...prefix, "apt-get", ...words];
    console.error(`Running: ${[program, ...rest].join(" ")}`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    return spawnSync(program, rest, { stdio: ["ignore", process.stderr, process.stderr], env }).status === 0;
  };
  // Because a mirror that is half reachable may still hold what is needed, only the installation decides.
  run("update", "-qq");
  if (run("install", "-y", "-qq", "--no-install-recommends", ...packages)) return;
  console.error(`That did not succeed. Install these by hand, then try again: ${packages.join(" ")}`);
}
