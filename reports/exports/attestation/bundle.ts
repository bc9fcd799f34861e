import type { SealedCertificate } from "../../seal.ts";
import { type Signer, signedEnvelope } from "./dsse.ts";
import { statementsOf } from "./statement.ts";

/** The name of the file that holds all signed statements of a run. */
export const bundleName = "attestations.intoto.jsonl";

/** Every statement of a certificate in its signed envelope, one per line: an in-toto attestation bundle. */
export function* bundle(sealed: SealedCertificate, signer: Signer): Generator<string> {
  for (const statement of statementsOf(sealed)) yield `${signedEnvelope(statement, signer)}\n`;
}
