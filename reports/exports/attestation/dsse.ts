import { createHash, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import type { Json } from "../../../pipelines/dsl/json.ts";
import { canonicalJson } from "../../canonical-json.ts";
import { parseUnambiguous } from "./unambiguous-json.ts";

/** The media type of in-toto statements: the only payload that is signed or accepted here. */
export const payloadType = "application/vnd.in-toto+json";

/** Most signatures of one envelope that are looked at. */
const mostSignatures = 16;

/** Who signs: an ed25519 private key and the id of its public half. */
export interface Signer {
  readonly keyId: string;
  sign(data: Uint8Array): Uint8Array;
}

/** A signer by a private key; a TypeError for any key but ed25519. */
export function signerOf(privateKey: KeyObject): Signer {
  if (privateKey.type !== "private" || privateKey.asymmetricKeyType !== "ed25519")
    throw new TypeError(
      `the signing key is ${privateKey.asymmetricKeyType ?? privateKey.type}, not a private ed25519 key`,
    );
  return { keyId: keyIdOf(createPublicKey(privateKey)), sign: (data) => sign(null, data, privateKey) };
}

/** The id of a public key: sha256, in hex, of its SubjectPublicKeyInfo in DER. */
export function keyIdOf(publicKey: KeyObject): string {
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
}

/** A payload as one line: its DSSE envelope (https://github.com/secure-systems-lab/dsse, v1.0) in canonical JSON. */
export function signedEnvelope(payload: string, signer: Signer): string {
  const bytes = Buffer.from(payload);
  const sig = Buffer.from(signer.sign(preAuthEncoding(payloadType, bytes))).toString("base64");
  return canonicalJson({
    payloadType,
    payload: bytes.toString("base64"),
    signatures: [{ keyid: signer.keyId, sig }],
  });
}

/** What an envelope turned out to be: its payload only where the trusted key signed these very bytes as this type. */
export type OpenedEnvelope =
  | { readonly state: "verified"; readonly payload: Uint8Array }
  | { readonly state: "malformed" | "other-type" | "other-key" | "tampered"; readonly detail: string };

/**
 * Verifies an envelope against one trusted key, as the protocol says: one signature of that key is enough, whatever
 * stands beside it, and key ids only choose the words of a refusal.
 */
export function openEnvelope(text: string, trusted: KeyObject): OpenedEnvelope {
  const envelope = envelopeOf(text);
  if (typeof envelope === "string") return { state: "malformed", detail: envelope };
  const { type, payload, signatures } = envelope;
  if (type !== payloadType) return { state: "other-type", detail: `payloadType is ${JSON.stringify(type)}` };
  const signed = preAuthEncoding(type, payload);
  if (signatures.some(({ sig }) => verify(null, signed, trusted, sig))) return { state: "verified", payload };
  const ids = signatures.map(({ keyId }) => keyId);
  return ids.includes(keyIdOf(trusted))
    ? { state: "tampered", detail: "it names the trusted key, whose signature does not fit" }
    : {
        state: "other-key",
        detail: `it is signed by ${ids.join(", ") || "a key without an id"}, trusted is ${keyIdOf(trusted)}`,
      };
}

interface Envelope {
  readonly type: string;
  readonly payload: Uint8Array;
  readonly signatures: readonly { readonly keyId: string; readonly sig: Uint8Array }[];
}

/** The parts of an envelope, or what is wrong with it. */
function envelopeOf(text: string): Envelope | string {
  try {
    const { payloadType: type, payload, signatures, ...rest } = fieldsOf(parseUnambiguous(text));
    if (Object.keys(rest).length > 0) return `it has the unknown field ${JSON.stringify(Object.keys(rest)[0])}`;
    if (typeof type !== "string" || typeof payload !== "string" || !Array.isArray(signatures))
      return "payloadType, payload or signatures is missing or of another kind";
    if (signatures.length === 0) return "it has no signature";
    if (signatures.length > mostSignatures) return `it has ${signatures.length} signatures`;
    const all = signatures.map((one: Json) => fieldsOf(one));
    return {
      type,
      payload: bytesOf(payload),
      signatures: all.map(({ keyid, sig }) => ({ keyId: String(keyid ?? ""), sig: bytesOf(sig) })),
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function fieldsOf(value: Json): { readonly [key: string]: Json | undefined } {
  if (typeof value === "object" && value !== null && !isList(value)) return value;
  throw new TypeError("it is not a JSON object");
}

/** Base64, standard or URL-safe as the protocol has it, in the one spelling that its bytes have. */
function bytesOf(value: Json | undefined): Uint8Array {
  const bytes = Buffer.from(String(value), "base64");
  const spellings = [bytes.toString("base64"), bytes.toString("base64").replaceAll("+", "-").replaceAll("/", "_")];
  if (typeof value === "string" && spellings.includes(value)) return bytes;
  throw new TypeError("payload or signature is not canonical base64");
}

/** What is signed: `PAE` of the protocol, which binds the type and both lengths. */
function preAuthEncoding(type: string, payload: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.byteLength} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}
