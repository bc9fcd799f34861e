import { type Browser, chromium } from "playwright-core";
import { findCommand } from "../infra/hosts/requirements.ts";

/** Starts the Chromium of this machine, which the set-up of tests installs. Nothing is downloaded. */
export function startChromium(): Promise<Browser> {
  const executablePath = ["chromium", "chromium-browser", "google-chrome"].map(findCommand).find((path) => path);
  if (executablePath === undefined) throw new Error("no chromium on PATH: apt-get install chromium");
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args: sandbox });
}
