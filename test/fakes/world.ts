import { setTimeout } from "node:timers/promises";
import { parseScript, type Rule, type Script } from "./script.ts";

/** Something that Pulumi's engine asked of a fake provider. */
export interface Call {
  readonly on: Rule["on"];
  /** Full type or token, such as `aws:ec2/instance:Instance`. */
  readonly type: string;
  /** Name in the program; of a lookup its token. */
  readonly name: string;
}

/** An error that a provider would answer, by its own code. */
export class ProviderRefusal extends Error {
  override readonly name = "ProviderRefusal";
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** The call did what it was asked, but its answer never came. */
export class LostReply extends Error {
  override readonly name = "LostReply";
}

/** The call did a part: what it made has an id, and an error comes with it. */
export class HalfDone extends Error {
  override readonly name = "HalfDone";
  readonly code: string;
  readonly made: unknown;

  constructor(code: string, made: unknown) {
    super(code);
    this.code = code;
    this.made = made;
  }
}

/** What happens to the calls of fake providers, as its script says. Several providers may share one. */
export class World {
  /** Calls in the order of their arrival, also those that failed. */
  readonly calls: Call[] = [];
  #script: Script;
  #met = new Map<Rule, number>();
  readonly #living = new Map<string, number>();
  readonly #watchers = new Set<() => void>();

  constructor(script: unknown = {}) {
    this.#script = parseScript(script);
  }

  /** From now on another script holds, from its beginning; calls that the old one held go on. */
  change(script: unknown): void {
    this.#script = parseScript(script);
    this.#met = new Map();
    this.#tell();
  }

  /** Resolves once as many such calls have arrived since the beginning. */
  async arrived(call: Partial<Call>, count = 1): Promise<void> {
    await this.#until(() => this.calls.filter((one) => fits(call, one)).length >= count);
  }

  /** Does the work of a call, or what the script says in its place. Throws one of the errors above, or the work's own. */
  async meet<Made>(call: Call, work: () => Promise<Made>): Promise<Made> {
    this.calls.push(call);
    this.#tell();
    const script = this.#script;
    const rule = this.#ruleFor(call);
    if (rule?.does === "hold") await this.#until(() => this.#script !== script);
    if (rule?.does === "refuse") throw new ProviderRefusal(rule.code);
    const type = lastPart(call.type);
    const full = script.limits.find((limit) => limit.type === type && (this.#living.get(type) ?? 0) >= limit.most);
    if (call.on === "create" && full !== undefined) throw new ProviderRefusal(full.code);
    if (call.on === "create") this.#count(type, 1);
    const made = await this.#work(call, work);
    if (rule?.does === "lose-reply") throw new LostReply(call.type);
    if (rule?.does === "half") throw new HalfDone(rule.code, made);
    return made;
  }

  async #work<Made>(call: Call, work: () => Promise<Made>): Promise<Made> {
    const type = lastPart(call.type);
    const delay = call.on === "create" || call.on === "delete" ? this.#script.delays[type] : undefined;
    try {
      if (delay !== undefined) await setTimeout(delay);
      const made = await work();
      if (call.on === "delete") this.#count(type, -1);
      return made;
    } catch (error) {
      if (call.on === "create") this.#count(type, -1);
      throw error;
    }
  }

  #ruleFor(call: Call): Rule | undefined {
    return this.#script.rules.find((rule) => {
      if (rule.on !== call.on || rule.type !== lastPart(call.type)) return false;
      if (rule.name !== undefined && rule.name !== call.name) return false;
      const met = this.#met.get(rule) ?? 0;
      const last = rule.times === "always" ? Number.POSITIVE_INFINITY : rule.after + rule.times;
      if (met < last) this.#met.set(rule, met + 1);
      return met >= rule.after && met < last;
    });
  }

  #count(type: string, change: number): void {
    this.#living.set(type, Math.max(0, (this.#living.get(type) ?? 0) + change));
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#watchers.add(resolve));
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher();
    this.#watchers.clear();
  }
}

function fits(wanted: Partial<Call>, call: Call): boolean {
  return (
    (wanted.on === undefined || wanted.on === call.on) &&
    (wanted.type === undefined || wanted.type === call.type || wanted.type === lastPart(call.type)) &&
    (wanted.name === undefined || wanted.name === call.name)
  );
}

function lastPart(type: string): string {
  return type.slice(type.lastIndexOf(":") + 1);
}
