#!/usr/bin/env -S node --max-semi-space-size=8
// The young generation is kept small because a report of 300,000 tests else holds 90 MB more, and takes no less time.
// Plain JavaScript, because an old Node must be able to parse it in order to refuse in one sentence.
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`edgecert needs Node 22.18 or newer and this is ${process.version} at ${process.execPath}.`);
  process.exit(2);
}

// Because reading the types out of every file again costs each command a third of a second. In a folder of this user
// alone: what is in it is run. A cache that cannot be written is no error.
const { enableCompileCache } = await import("node:module");
const { XDG_CACHE_HOME: cache = "" } = process.env;
enableCompileCache(join(isAbsolute(cache) ? cache : join(homedir(), ".cache"), "edgecert", "node"));

await import("./main.ts");
