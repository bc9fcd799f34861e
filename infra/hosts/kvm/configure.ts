import { randomBytes } from "node:crypto";
import { connect } from "../../ssh/connect.ts";
import type { Connection } from "../../ssh/connection.ts";
import { placeOf } from "../../ssh/failures.ts";
import { followJob, startJob } from "../../ssh/job.ts";
import { quoted } from "../../ssh/transfer-script.ts";
import { ask, asRoot } from "./ask.ts";
import { decodeFacts, type HostFacts, saidIn } from "./facts.ts";
import { hypervisorError } from "./failures.ts";
import { confirmCommand } from "./network-change.ts";
import { type Neighbourhood, planHypervisor } from "./plan.ts";
import { type HypervisorRequest, requestProblems } from "./request.ts";
import type { Step } from "./step.ts";
import { applyScript, checkScript } from "./step-script.ts";
import { type ApplyWord, decodeSteps, decodeWord, type StepReport } from "./step-words.ts";
import { type HostSystem, hostSystems } from "./system.ts";

/** How the work on one host speaks. */
export interface HypervisorIo {
  readonly signal: AbortSignal;
  /** A sentence for people. */
  note(text: string): void;
  /** A step that began (`needed`) or ended. */
  step(report: StepReport): void;
}

/** What a host is to be, and what is known of it before it is asked. */
export interface Configuring extends Neighbourhood {
  /** What it should run: where that is right, one round trip says that nothing is to be done. */
  readonly expected: HostSystem;
  readonly request: HypervisorRequest;
  /** What to do with a host that an earlier proof put into quarantine; default `refuse`: nothing on it is touched. */
  readonly quarantine?: "refuse" | "prove-again";
  /** The second way to the host, by which a change of its network is confirmed; default {@link connect}. */
  readonly reach?: () => Promise<Connection>;
  /** How long the host waits for that confirmation before it takes the change back, in seconds; default 45, at most 120. */
  readonly patienceSeconds?: number;
}

/** What was done to a host. Plain JSON. */
export interface Configured {
  readonly facts: HostFacts;
  /** Every step of the plan, in order; before those that change the network `reach`, where they were confirmed. */
  readonly steps: readonly StepReport[];
  /** Names of the steps that changed something; none where everything was in order. */
  readonly changed: readonly string[];
  readonly tookMs: number;
}

/** Free disk space below which a host is not worth configuring, in MiB: packages and a first image take about as much. */
const leastFreeMiB = 2048;
/** Installing packages from a slow mirror, on a machine that waits for others' locks, in milliseconds. */
const applyMs = 3_600_000;
/** What is shown of the output of a step that failed. */
const shownLines = 15;

/**
 * Makes a machine a hypervisor: looks at everything in one round trip, then does what is missing in one job on the host,
 * which goes on when we are cut off or killed. Done a second time it changes nothing. Throws a failure of
 * `hypervisorFailures`.
 */
export async function configureHost(connection: Connection, of: Configuring, io: HypervisorIo): Promise<Configured> {
  const problems = requestProblems(of.request);
  if (problems.length > 0) throw hypervisorError("hypervisor-request", problems.join("\n"));
  const began = performance.now();
  const { facts, steps, reports } = await lookAt(connection, of, io.signal);
  checkFacts(facts, of, placeOf(connection.address));
  const missing = reports.filter(({ state }) => state === "needed");
  if (missing.length === 0) {
    for (const report of reports) io.step(report);
    return { facts, steps: reports, changed: [], tookMs: Math.round(performance.now() - began) };
  }
  io.note(`${placeOf(connection.address)}: ${missing.map(({ step, why }) => `${step} (${why})`).join(", ")}`);
  const done = await apply(connection, { ...of, facts, steps }, io);
  const changed = done.filter(({ state, step }) => state === "done" && step !== "reach").map(({ step }) => step);
  return { facts, steps: done, changed, tookMs: Math.round(performance.now() - began) };
}

interface Seen {
  readonly facts: HostFacts;
  readonly steps: readonly Step[];
  readonly reports: readonly StepReport[];
}

/** Asks by the plan of the system that is expected, and once more where the host turns out to run another. */
async function lookAt(connection: Connection, of: Configuring, signal: AbortSignal): Promise<Seen> {
  const guess = planHypervisor(of.expected, of.request, of) ?? [];
  const said = await ask(connection, checkScript(guess), { signal });
  const facts = decodeFacts(said);
  const place = placeOf(connection.address);
  if ("problem" in facts) throw hypervisorError("hypervisor-facts", `${place}: ${facts.problem}`);
  const { os, architecture } = facts;
  const isKnown = architecture === "amd64" || architecture === "arm64";
  const steps = isKnown ? planHypervisor({ os, architecture }, of.request, of) : undefined;
  if (steps === undefined) {
    const known = Object.keys(hostSystems).join(", ");
    throw hypervisorError(
      "hypervisor-system",
      `${place} runs ${os} on ${architecture}; known are ${known}, on amd64 and arm64.`,
    );
  }
  const isAsExpected = os === of.expected.os && architecture === of.expected.architecture;
  const reports = decodeSteps(isAsExpected ? said : await ask(connection, checkScript(steps), { signal }));
  const silent = steps.filter(({ name }) => !reports.some(({ step }) => step === name));
  if (silent.length === 0) return { facts, steps, reports };
  const names = silent.map(({ name }) => name).join(", ");
  throw hypervisorError("hypervisor-facts", `${place}: it did not say how it stands with ${names}.`);
}

function checkFacts(facts: HostFacts, { quarantine = "refuse" }: Configuring, place: string): void {
  if (facts.quarantine !== "" && quarantine === "refuse")
    throw hypervisorError("hypervisor-quarantined", `${place}: ${facts.quarantine}`);
  if (!facts.systemd) throw hypervisorError("hypervisor-system", `${place}: systemd does not run it.`);
  if (facts.freeMiB < leastFreeMiB)
    throw hypervisorError("hypervisor-room", `${place}: ${facts.freeMiB} MiB are free, ${leastFreeMiB} are the least.`);
}

type Applying = Configuring & Pick<Seen, "facts" | "steps">;

/** Has the host bring its steps in order, in a job of its own, and confirms what changes the network. */
async function apply(connection: Connection, of: Applying, io: HypervisorIo): Promise<readonly StepReport[]> {
  const place = placeOf(connection.address);
  const isRoot = connection.address.user === "root";
  const script = applyScript(of.steps, of.patienceSeconds);
  const command = isRoot ? script : asRoot(connection, `/bin/sh -c ${quoted(script)}`);
  const jobs = { signal: io.signal, ...(isRoot ? {} : { root: `${of.facts.home}/.edgecert/jobs` }) };
  const name = `kvm-host-${randomBytes(8).toString("hex")}`;
  await startJob(connection, { name, command }, jobs);
  const confirmations: Promise<void>[] = [];
  const heard = listener(place, io, (token) => confirmations.push(confirm(connection, of, token, io)));
  const end = await followJob(connection, name, { ...jobs, onLine: heard.onLine, timeoutMs: applyMs });
  await Promise.all(confirmations);
  if (heard.failure() !== undefined) throw hypervisorError("hypervisor-step", `${place}: ${heard.failure()}`);
  const isWhole = of.steps.every((one) => heard.reports.some(({ step }) => step === one.name));
  if (end.code === 0 && isWhole) return heard.reports;
  const how = `${end.ending} with ${end.code ?? "no exit code"}`;
  throw hypervisorError("hypervisor-interrupted", `${place}: ${how}\n${heard.last()}`);
}

/** Reads the log of a host's job: reports, the last lines of each step, and why one failed. */
function listener(place: string, io: HypervisorIo, onConfirm: (token: string) => void) {
  const reports: StepReport[] = [];
  let last: readonly string[] = [];
  let failure: string | undefined;
  const hear = (word: ApplyWord): void => {
    if (word.kind === "waiting") io.note(`${place}: waits for earlier work on this host`);
    else if (word.kind === "confirm") onConfirm(word.token);
    else if (word.kind === "begin") {
      last = [];
      io.step({ step: word.step, state: "needed", why: word.why, ms: 0 });
    } else {
      const { step, state, why, ms, end } = word;
      reports.push({ step, state, why, ms });
      if (state === "failed") failure ??= [`${step}: ${why}`, `ended with ${end}`, ...last].join("\n");
      io.step({ step, state, why, ms });
    }
  };
  const onLine = (line: string): void => {
    const word = decodeWord(saidIn(line) ?? []);
    if (word === undefined) last = [...last, line].slice(-shownLines);
    else hear(word);
  };
  return { reports, onLine, failure: () => failure, last: () => last.join("\n") };
}

/** Proves by a connection of its own that the host can still be reached; where it cannot, the host takes its change back. */
async function confirm(connection: Connection, of: Configuring, token: string, io: HypervisorIo): Promise<void> {
  try {
    const second = await (of.reach ?? (() => connect(connection.address, { signal: io.signal, timeoutMs: 20_000 })))();
    try {
      await second.must(asRoot(connection, confirmCommand(token)), { signal: io.signal, timeoutMs: 20_000 });
    } finally {
      second.close();
    }
  } catch (error) {
    io.note(
      `${placeOf(connection.address)}: no new connection (${error instanceof Error ? error.message : error}), so the change is taken back`,
    );
  }
}
