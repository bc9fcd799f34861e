import type { KeyObject } from "node:crypto";
import type { Failure } from "../../../pipelines/dsl/failure.ts";
import type { Json } from "../../../pipelines/dsl/json.ts";
import { sha256 } from "../../canonical-json.ts";
import { openEnvelope } from "./dsse.ts";
import { refusals } from "./refusals.ts";
import { type Binding, type Subject, statementType, summaryType, testResultType } from "./statement.ts";
import { parseUnambiguous } from "./unambiguous-json.ts";

/** A statement about a cell that the trusted key signed. */
export interface CellStatement extends Binding {
  readonly cell: string;
  readonly result: string;
  readonly subjects: readonly Subject[];
  /** sha256 of the signed bytes. */
  readonly digest: string;
}

/** The summary of a run that the trusted key signed. */
export interface Summary extends Binding {
  readonly product: string;
  readonly verdict: string;
  readonly timeCreated: string;
  readonly certified: boolean;
  readonly subjects: readonly Subject[];
  readonly cells: readonly { readonly id: string; readonly verdict: string; readonly statement: string | null }[];
}

/** What a bundle holds: everything else in it is refused. */
export interface Opened {
  readonly cells: readonly CellStatement[];
  readonly summaries: readonly Summary[];
  readonly refusals: readonly Failure[];
}

/** Opens every line of a bundle with the trusted key. What it gives was signed by that key, byte for byte. */
export function openBundle(text: string, trusted: KeyObject): Opened {
  const cells: CellStatement[] = [];
  const summaries: Summary[] = [];
  const refused: Failure[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const opened = openEnvelope(line, trusted);
    if (opened.state !== "verified") refused.push(refusalOf[opened.state](index + 1, opened.detail));
    else {
      try {
        const statement = statementOf(opened.payload);
        if ("cell" in statement) cells.push(statement);
        else summaries.push(statement);
      } catch (error) {
        refused.push(refusals.notStatement(index + 1, error instanceof Error ? error.message : String(error)));
      }
    }
  }
  return { cells, summaries, refusals: refused };
}

const refusalOf = {
  malformed: refusals.malformed,
  "other-type": refusals.otherType,
  "other-key": refusals.otherKey,
  tampered: refusals.tampered,
} as const;

function statementOf(payload: Uint8Array): CellStatement | Summary {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload);
  const { _type, subject, predicateType, predicate } = object(parseUnambiguous(text), "the statement");
  if (_type !== statementType) throw new TypeError(`its _type is ${JSON.stringify(_type)}`);
  const said = object(predicate, "predicate");
  const own = object(said.edgecert, "predicate.edgecert");
  const subjects = list(subject, "subject").map(subjectOf);
  if (subjects.length === 0) throw new TypeError("it is about nothing");
  if (predicateType === testResultType) {
    const { result } = said;
    return {
      ...bindingOf(own),
      cell: word(own.cell, "cell"),
      result: word(result, "result"),
      subjects,
      digest: sha256(payload),
    };
  }
  if (predicateType !== summaryType) throw new TypeError(`its predicateType is ${JSON.stringify(predicateType)}`);
  return { ...bindingOf(own), ...summaryOf(said, own), subjects };
}

type Fields = { readonly [key: string]: Json | undefined };

function summaryOf(said: Fields, own: Fields): Omit<Summary, keyof Binding | "subjects"> {
  const cells = list(own.cells, "cells").map((one) => {
    const { id, verdict, statement } = object(one, "a cell");
    const digest = statement === null ? null : word(statement, "statement");
    return { id: word(id, "id"), verdict: word(verdict, "verdict"), statement: digest };
  });
  return {
    product: word(object(own.product, "product").name, "product.name"),
    verdict: word(own.verdict, "verdict"),
    timeCreated: word(said.timeCreated, "timeCreated"),
    certified: list(said.properties, "properties").includes("EDGECERT_CERTIFIED"),
    cells,
  };
}

function bindingOf(own: Fields): Binding {
  const { run, pipeline, certificate, plan } = own;
  return {
    run: word(run, "run"),
    pipeline: word(pipeline, "pipeline"),
    certificate: word(certificate, "certificate"),
    plan: word(plan, "plan"),
  };
}

function subjectOf(value: Json): Subject {
  const { name, digest } = object(value, "a subject");
  const digests = Object.entries(object(digest, "digest")).map(([algorithm, one]) => [algorithm, word(one, algorithm)]);
  if (digests.length === 0) throw new TypeError("a subject has no digest");
  return { name: word(name, "name"), digest: Object.fromEntries(digests) };
}

function object(value: Json | undefined, what: string): Fields {
  if (typeof value === "object" && value !== null && !isList(value)) return value;
  throw new TypeError(`${what} is not an object`);
}

function list(value: Json | undefined, what: string): readonly Json[] {
  if (typeof value === "object" && value !== null && isList(value)) return value;
  throw new TypeError(`${what} is not a list`);
}

function word(value: Json | undefined, what: string): string {
  if (typeof value === "string") return value;
  throw new TypeError(`${what} is not a text`);
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}
