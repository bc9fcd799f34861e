import { existsSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { killPlan } from "./kill-plan.ts";
import { difference, type Outcome, outcomeOf } from "./outcome.ts";
import { Subject } from "./subject.ts";

/**
 * `npm run campaign -- --runs 20`: certifies the quickstart again and again, kills what carries it at moments that
 * follow from a printed seed, resumes, and compares verdict, tests and leftovers with an undisturbed run.
 */
const usage = `usage: npm run campaign -- [--runs N] [--seed N] [--machines scripted|real] [--only CELL]

  --runs N      how many disturbed runs; default 20
  --seed N      of the first run, the next has N+1; default: from the clock
  --machines    scripted (default): roots of this machine's programs, seconds a run; real: virtual machines
  --only CELL   one cell of the quickstart, such as debian-12/kvm-ssh; default: all of them`;

const options = parsed();
const machines = options.machines === "real" ? "real" : "scripted";
const runs = Number(options.runs ?? 20);
const first = Number(options.seed ?? Date.now() % 1_000_000);
if (!Number.isSafeInteger(runs) || runs < 1 || !Number.isSafeInteger(first))
  refuse("--runs and --seed are whole numbers");
if (options.machines !== undefined && options.machines !== machines) refuse(`no machines ${options.machines}`);

const home = process.env.EDGECERT_CAMPAIGN_HOME ?? join(tmpdir(), `edgecert-campaign-${process.pid}`);
mkdirSync(home, { recursive: true });
const words = options.only === undefined ? [] : ["--only", options.only];
const subject = new Subject({ home, machines, words });
process.exitCode = await campaign().finally(() => giveBack());

async function campaign(): Promise<number> {
  console.log(
    `${runs} disturbed runs of the quickstart on ${machines} machines, seeds ${first} to ${first + runs - 1}`,
  );
  const began = Date.now();
  const undisturbed = await subject.disturb([], 1);
  const aim = await outcomeOf(home, undisturbed, subject);
  console.log(
    `undisturbed: ${aim.events} events in ${seconds(began)} s\n${aim.lines.map((line) => `  ${line}`).join("\n")}`,
  );
  let bad = 0;
  for (let seed = first; seed < first + runs; seed += 1) bad += (await oneRun(seed, aim)) ? 0 : 1;
  console.log(`\n${runs - bad} passed, ${bad} failed`);
  if (bad === 0 && process.env.EDGECERT_CAMPAIGN_HOME === undefined) rmSync(home, { recursive: true, force: true });
  return bad === 0 ? 0 : 1;
}

/** Because a run that ended wrong may hold machines, which nobody would look for in a home of its own. */
async function giveBack(): Promise<void> {
  subject.stop();
  if (!existsSync(home)) return;
  const { code, out } = await subject.command("list", "--machines", "--release", "--force");
  if (code !== 0) console.log(`machines of ${home} could not be given back:\n${out}`);
}

async function oneRun(seed: number, aim: Outcome): Promise<boolean> {
  const began = Date.now();
  const plan = killPlan(seed);
  const told = await subject.disturb(plan, aim.events);
  const found = await outcomeOf(home, told, subject);
  const wrong = difference(
    aim,
    found,
    plan.some(({ victim }) => victim === "server"),
  );
  const how = told.kills.length === 0 ? "no kill came in time" : told.kills.join("; ");
  console.log(
    `seed ${seed}: ${wrong.length === 0 ? "same verdict, nothing left" : "WRONG"} in ${seconds(began)} s (${how})`,
  );
  for (const line of wrong) console.log(`    ${line}`);
  return wrong.length === 0;
}

function parsed() {
  try {
    const { values } = parseArgs({
      options: {
        runs: { type: "string" },
        seed: { type: "string" },
        machines: { type: "string" },
        only: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help === true) {
      console.log(usage);
      process.exit(0);
    }
    return values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function refuse(why: string): never {
  console.error(`${why}\n${usage}`);
  process.exit(2);
}

function seconds(began: number): string {
  return ((Date.now() - began) / 1000).toFixed(0);
}
