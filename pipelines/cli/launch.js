#!/usr/bin/env node
// Plain JavaScript, because an old Node must be able to parse it in order to refuse in one sentence.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`edgecert needs Node 22.18 or newer and this is ${process.version} at ${process.execPath}.`);
  process.exit(2);
}
await import("./main.ts");
