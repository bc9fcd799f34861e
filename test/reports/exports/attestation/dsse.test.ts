import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { openEnvelope, payloadType, signedEnvelope, signerOf } from "../../../../reports/exports/attestation/dsse.ts";
import { parseUnambiguous } from "../../../../reports/exports/attestation/unambiguous-json.ts";

const own = generateKeyPairSync("ed25519");
const foreign = generateKeyPairSync("ed25519");
const signer = signerOf(own.privateKey);
const payload = '{"a":"é"}';
const line = signedEnvelope(payload, signer);
const {
  signatures: [signature],
  ...rest
} = JSON.parse(line);
const other = JSON.parse(signedEnvelope(payload, signerOf(foreign.privateKey))).signatures[0];

function state(text: string): string {
  return openEnvelope(text, own.publicKey).state;
}

function changed(fields: Readonly<Record<string, unknown>>): string {
  return state(JSON.stringify({ ...rest, signatures: [signature], ...fields }));
}

describe("a signed envelope", () => {
  it("gives back the very bytes that were signed", () => {
    const opened = openEnvelope(line, own.publicKey);
    expect(opened.state === "verified" && Buffer.from(opened.payload).toString()).toBe(payload);
  });

  it("follows the protocol's own example", () => {
    // https://github.com/secure-systems-lab/dsse/blob/master/protocol.md: PAE("http://example.com/HelloWorld", "hello world")
    const said: string[] = [];
    signedEnvelope("hello world", {
      keyId: "k",
      sign(data) {
        said.push(Buffer.from(data).toString());
        return new Uint8Array(64);
      },
    });
    expect(said).toEqual([`DSSEv1 ${payloadType.length} ${payloadType} 11 hello world`]);
  });

  it("is refused after any change", () => {
    const bytes = Buffer.from(rest.payload, "base64");
    const forged = Buffer.from(bytes.toString().replace("a", "b")).toString("base64");
    expect(changed({ payload: forged })).toBe("tampered");
    expect(changed({ payload: "" })).toBe("tampered");
    const sig = Buffer.from(signature.sig, "base64");
    for (const at of [0, 31, 32, 63]) {
      const flipped = Buffer.from(sig);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      expect(changed({ signatures: [{ ...signature, sig: flipped.toString("base64") }] })).toBe("tampered");
    }
    for (const wrong of [Buffer.alloc(0), sig.subarray(0, 63), Buffer.concat([sig, sig]), Buffer.alloc(64)]) {
      expect(changed({ signatures: [{ ...signature, sig: wrong.toString("base64") }] })).toBe("tampered");
    }
  });

  it("is told from one of another key, whatever key it claims", () => {
    expect(changed({ signatures: [other] })).toBe("other-key");
    expect(changed({ signatures: [{ ...other, keyid: signature.keyid }] })).toBe("tampered");
    expect(changed({ signatures: [{ sig: signature.sig }] })).toBe("verified");
    expect(changed({ signatures: [{ ...signature, keyid: other.keyid }] })).toBe("verified");
  });

  it("needs one signature of the trusted key, wherever it stands", () => {
    expect(changed({ signatures: [other, signature] })).toBe("verified");
    expect(changed({ signatures: [{ ...signature, sig: other.sig }, signature] })).toBe("verified");
    expect(changed({ signatures: [other, other] })).toBe("other-key");
    expect(changed({ signatures: [] })).toBe("malformed");
    expect(changed({ signatures: [...Array(16).fill(other), signature] })).toBe("malformed");
  });

  it("is refused with another payload type, also when that type was signed", () => {
    for (const type of ["application/json", "", `${payloadType} `, payloadType.toUpperCase()])
      expect(changed({ payloadType: type })).toBe("other-type");
    // Because lengths are signed too, bytes cannot move between type and payload.
    expect(changed({ payloadType: `${payloadType}{` })).toBe("other-type");
  });

  it("is refused in any spelling of base64 but the standard and the URL-safe one", () => {
    const { payload: encoded } = JSON.parse(signedEnvelope('{"a":"????>>>>~~"}', signer));
    expect(encoded).toMatch(/[+/]/);
    const urlSafe = JSON.parse(signedEnvelope('{"a":"????>>>>~~"}', signer));
    expect(state(JSON.stringify({ ...urlSafe, payload: encoded.replaceAll("+", "-").replaceAll("/", "_") }))).toBe(
      "verified",
    );
    for (const spelling of [
      `${rest.payload}\n`,
      ` ${rest.payload}`,
      rest.payload.replace(/=+$/, ""),
      `${rest.payload}=`,
      `${rest.payload.slice(0, -1)}!`,
    ])
      expect([spelling, changed({ payload: spelling })]).toEqual([
        spelling,
        rest.payload === spelling ? "verified" : "malformed",
      ]);
    expect(changed({ signatures: [{ ...signature, sig: signature.sig.replace(/=+$/, "") }] })).toBe("malformed");
  });

  it("is refused where a key stands twice, also in another spelling, or where it has unknown fields", () => {
    const twice = `{"payload":"e30=",${line.slice(1)}`;
    expect(JSON.parse(twice).payload).toBe(rest.payload);
    expect(state(twice)).toBe("malformed");
    expect(state(twice.replace('"payload":"e30="', '"\\u0070ayload" : "e30="'))).toBe("malformed");
    expect(changed({ surprise: 1 })).toBe("malformed");
    for (const text of ["", "{}", "[]", "null", `\uFEFF${line}`, line.slice(0, -1), `${line} ${line}`])
      expect([text, state(text)]).toEqual([text, "malformed"]);
  });
});

describe("unambiguous JSON", () => {
  it.each([
    '{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}',
    '{"a":"{\\"a\\":1,\\"a\\":2}"}',
    '["a","a"]',
    '{"a":"b","b":"a: {"}',
  ])("takes %s", (text) => {
    expect(parseUnambiguous(text)).toEqual(JSON.parse(text));
  });
  it.each(['{"a":1,"a":1}', '{"b":[{"a":1,"a":2}]}', '{"a":1,"\\u0061":2}', '{"a":{"x":[]}, "b":0, "a" : 3}'])(
    "refuses %s",
    (text) => {
      expect(() => parseUnambiguous(text)).toThrow(/stands twice/);
    },
  );
});
