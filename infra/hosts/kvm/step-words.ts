import { z } from "zod";
import type { Said } from "./facts.ts";

/** How a step stands or ended. `kept`: in order, but for files that were changed by hand and stay so. */
export type StepState = "in order" | "kept" | "needed" | "done" | "failed";

/** What a host said of one step. */
export interface StepReport {
  readonly step: string;
  readonly state: StepState;
  /** What is or was missing, or which files were changed by hand; empty where there is nothing to say. */
  readonly why: string;
  readonly ms: number;
}

/** A word of a host that brings its steps in order. */
export type ApplyWord =
  | { readonly kind: "waiting" }
  | { readonly kind: "begin"; readonly step: string; readonly why: string }
  | { readonly kind: "confirm"; readonly token: string }
  | WordOfStep;

interface WordOfStep extends StepReport {
  readonly kind: "step";
  /** Exit code or sentence of a step that failed. */
  readonly end: string;
}

const state = z.enum(["in order", "kept", "needed", "done", "failed"]);
const words = z.union([
  z.tuple([z.literal("waiting")]).transform((): ApplyWord => ({ kind: "waiting" })),
  z
    .tuple([z.literal("begin"), z.string(), z.string()])
    .transform(([, step, why]): ApplyWord => ({ kind: "begin", step, why })),
  z
    .tuple([z.literal("confirm"), z.string().regex(/^[a-z0-9-]+$/)])
    .transform(([, token]): ApplyWord => ({ kind: "confirm", token })),
  z.tuple([z.literal("step"), z.string(), state, z.string(), z.string().regex(/^\d+$/)], z.string()).transform(
    ([, step, state, why, time, end = ""]): ApplyWord => ({
      kind: "step",
      step,
      state,
      why,
      ms: Number(time) * 10,
      end,
    }),
  ),
]);

/** What a host's words mean; undefined for others than {@link ApplyWord}. Pure. */
export function decodeWord(said: Said): ApplyWord | undefined {
  return words.safeParse(said).data;
}

/** How the steps stand, among what a host said. Pure. */
export function decodeSteps(said: readonly Said[]): readonly StepReport[] {
  return said.flatMap((one) => {
    const word = decodeWord(one);
    return word?.kind === "step" ? [{ step: word.step, state: word.state, why: word.why, ms: word.ms }] : [];
  });
}
