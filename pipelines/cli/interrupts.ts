import type { Engine } from "../engine/engine.ts";
import { announce } from "./output.ts";

/** The interrupts of a process that works on a run. */
export interface Interrupts extends Disposable {
  /** Names the run that interrupts are about; one that came before is handed to it now. */
  watch(run: string): void;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Listens for interrupts until disposed: the first cancels the run, later ones say what is still owed. Installed before
 * a run is started, because between its start and its name machines may already be asked for.
 */
export function catchInterrupts(engine: Pick<Engine, "cancel" | "owed">): Interrupts {
  let run: string | null = null;
  let asked: NodeJS.Signals | null = null;
  const cancel = (name: string, signal: NodeJS.Signals) => {
    engine
      .cancel(name, `interrupted by ${signal}`)
      .catch((error) => say(`the run could not be cancelled: ${wordsOf(error)} Try: edgecert cancel ${name}`));
  };
  const onSignal = (signal: NodeJS.Signals) => {
    if (asked !== null) {
      if (run !== null) sayOwed(engine, run);
      return;
    }
    asked = signal;
    say(`${signal}: stopping the work and giving every machine back; this takes a moment.`);
    if (run !== null) cancel(run, signal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    watch(name) {
      run = name;
      if (asked !== null) cancel(name, asked);
    },
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

function sayOwed(engine: Pick<Engine, "owed">, run: string): void {
  engine.owed(run).then(
    (owed) => {
      const list = owed.length === 0 ? "nothing any more" : owed.join(", ");
      say(`still giving back: ${list}. Nothing is skipped; wait, or resume later.`);
    },
    (error) => say(`what is still owed cannot be read: ${wordsOf(error)} Nothing is skipped.`),
  );
}

function say(text: string): void {
  announce(`edgecert: ${text}`);
}

function wordsOf(error: unknown): string {
  return `${error instanceof Error ? error.message : String(error)}.`;
}
