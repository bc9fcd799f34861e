import type { z } from "zod";
import { InfraError } from "../../failure.ts";
import { asRoot } from "../../hosts/kvm/ask.ts";
import type { Connection } from "../../ssh/connection.ts";
import { placeOf } from "../../ssh/failures.ts";
import type { Server } from "../provider.ts";
import { type Asked, spoken } from "./call.ts";
import { noAnswer } from "./failures.ts";

/** How a question to a host's program is followed. */
export interface AskIo {
  readonly signal: AbortSignal;
  /** How long the answer may take, in milliseconds; default two minutes. */
  readonly timeoutMs?: number;
  note?(text: string): void;
  ready?(server: Server): void;
}

const askMs = 120_000;

/**
 * Starts a host's program with one question, and gives what it answers. Throws an InfraError with the failure that the host
 * saw, in its own words. Where the connection goes, the program gives up what it began.
 */
export async function askHost<Value>(
  connection: Connection,
  question: { readonly command: string; readonly asked: Asked; readonly answer: z.ZodType<Value> },
  io: AskIo,
): Promise<Value> {
  const { command, asked, answer } = question;
  let end: { readonly value: unknown } | InfraError | undefined;
  const hear = (line: string) => {
    const heard = lineOf(line);
    if (heard?.kind === "note") io.note?.(heard.text);
    if (heard?.kind === "ready") io.ready?.(heard.server);
    if (heard?.kind === "failed") end = new InfraError(heard.failure);
    if (heard?.kind === "done") end = { value: heard.value };
  };
  const { stderr } = await connection.run(asRoot(connection, command), {
    ...{ input: JSON.stringify(asked), signal: io.signal, timeoutMs: io.timeoutMs ?? askMs },
    onLine: (line, stream) => stream === "stdout" && hear(line),
  });
  if (end instanceof InfraError) throw end;
  if (end === undefined)
    throw new InfraError(noAnswer(placeOf(connection.address), asked.call.verb, stderr.trim().slice(-2000)));
  return answer.parse(end.value);
}

function lineOf(line: string) {
  try {
    return spoken.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
