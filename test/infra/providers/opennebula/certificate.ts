import { generateKeyPairSync, sign } from "node:crypto";

/** A value of DER: its tag, its length, and what is inside. */
function der(tag: number, ...inside: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(inside);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...inside: readonly Uint8Array[]) => der(0x30, ...inside);
const bytes = (...values: readonly number[]) => Buffer.from(values);
const time = (date: Date) => der(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]/g, "").slice(2, 14)}Z`));

const commonName = der(0x06, bytes(0x55, 0x04, 0x03));
const subjectAltName = der(0x06, bytes(0x55, 0x1d, 0x11));
const basicConstraints = der(0x06, bytes(0x55, 0x1d, 0x13));
const ecdsaWithSha256 = sequence(der(0x06, bytes(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02)));

/**
 * A key with a certificate (RFC 5280) for an IPv4 address that it signed itself, good for two days. Made here because
 * Node makes none, and the `openssl` command is not everywhere.
 */
export function certificateFor(address: string): { readonly key: string; readonly cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = sequence(der(0x31, sequence(commonName, der(0x0c, Buffer.from("front-end")))));
  const day = 86_400_000;
  const validity = sequence(time(new Date(Date.now() - day)), time(new Date(Date.now() + day)));
  const ip = der(0x87, bytes(...address.split(".").map(Number)));
  const extensions = sequence(
    sequence(subjectAltName, der(0x04, sequence(ip))),
    sequence(basicConstraints, der(0x01, bytes(0xff)), der(0x04, sequence(der(0x01, bytes(0xff))))),
  );
  const body = sequence(
    ...[der(0xa0, der(0x02, bytes(2))), der(0x02, bytes(1)), ecdsaWithSha256, name, validity, name],
    ...[publicKey.export({ type: "spki", format: "der" }), der(0xa3, extensions)],
  );
  const signature = der(0x03, bytes(0), sign("sha256", body, privateKey));
  const base64 =
    sequence(body, ecdsaWithSha256, signature)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${base64.join("\n")}\n-----END CERTIFICATE-----\n`,
  };
}
