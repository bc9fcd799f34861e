import type { Algorithms, ServerHostKeyAlgorithm } from "ssh2";

const hostKeyAlgorithms: readonly ServerHostKeyAlgorithm[] = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
];

/**
 * What we offer: no SHA-1, no CBC, no group below 3072 bits, no compression. The types of the expected host keys come
 * first, so that a server with several keys shows one of those; the others stay, so that a changed key is named as such.
 */
export function offeredAlgorithms(types: readonly string[]): Algorithms {
  const wanted = hostKeyAlgorithms.filter(
    (name) => types.includes(name) || (types.includes("ssh-rsa") && name.startsWith("rsa-")),
  );
  return {
    kex: [
      "curve25519-sha256",
      "curve25519-sha256@libssh.org",
      "ecdh-sha2-nistp256",
      "ecdh-sha2-nistp384",
      "ecdh-sha2-nistp521",
      "diffie-hellman-group16-sha512",
      "diffie-hellman-group18-sha512",
    ],
    serverHostKey: [...new Set([...wanted, ...hostKeyAlgorithms])],
    cipher: [
      "aes128-gcm@openssh.com",
      "aes256-gcm@openssh.com",
      "chacha20-poly1305@openssh.com",
      "aes128-ctr",
      "aes256-ctr",
    ],
    hmac: ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512"],
    compress: ["none"],
  };
}
