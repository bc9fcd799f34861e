import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

const checkout = join(import.meta.dirname, "..", "..");
const parts = ["Pulumi.yaml", "package.json", "tsconfig.json", "node_modules", "infra", "pipelines"];

/** How a command of Pulumi ended, and all it printed. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/**
 * A folder in which `pulumi` is typed as in the checkout, with states, secrets and stack files of its own: nothing of it
 * stands in the checkout, and nothing is asked of Pulumi's service.
 */
export class Workspace {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;

  private constructor(folder: string, environment: Readonly<Record<string, string | undefined>>) {
    this.folder = folder;
    this.environment = environment;
  }

  /**
   * Makes what is missing of it. `engine` is the folder of Pulumi's programs; `infra` says whether the programs are those of
   * the checkout or a copy that may be changed.
   */
  static async open(options: {
    readonly folder: string;
    readonly engine: string;
    readonly infra: "linked" | "copied";
    readonly environment: Readonly<Record<string, string>>;
  }): Promise<Workspace> {
    const { folder, engine, infra } = options;
    const passphrase = join(folder, "passphrase");
    await mkdir(join(folder, "state"), { recursive: true, mode: 0o700 });
    for (const part of parts.filter((name) => !existsSync(join(folder, name)))) {
      if (part === "infra" && infra === "copied")
        await cp(join(checkout, part), join(folder, part), { recursive: true });
      else await symlink(join(checkout, part), join(folder, part));
    }
    if (!existsSync(passphrase)) await writeFile(passphrase, randomBytes(24).toString("base64url"), { mode: 0o600 });
    return new Workspace(folder, {
      ...process.env,
      PATH: [engine, join(checkout, "node_modules", ".bin"), process.env.PATH].join(delimiter),
      PULUMI_HOME: join(folder, "home"),
      PULUMI_BACKEND_URL: pathToFileURL(join(folder, "state")).href,
      PULUMI_CONFIG_PASSPHRASE_FILE: passphrase,
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      // Because Node tells programs off for what Pulumi's own libraries do.
      NODE_OPTIONS: "--no-deprecation",
      ...options.environment,
    });
  }

  /** Makes a stack with its configuration where there is none of that name. Secrets go in by standard input. */
  async stack(name: string, values: StackValues): Promise<void> {
    if (existsSync(join(this.folder, `Pulumi.${name}.yaml`))) return;
    await this.must(["stack", "init", name, "--secrets-provider", "passphrase", "--no-select"]);
    const plain = Object.entries(values.plain).flatMap(([key, value]) => ["--plaintext", `${key}=${value}`]);
    await this.must(["config", "set-all", "--stack", name, "--path", ...plain]);
    for (const [key, value] of Object.entries(values.secret))
      await this.must(["config", "set", "--stack", name, "--path", "--secret", key], value);
  }

  /** Runs `pulumi` and keeps what it prints. */
  async pulumi(words: readonly string[], input = ""): Promise<Ended> {
    const child = spawn("pulumi", words, { cwd: this.folder, env: this.environment, stdio: ["pipe", "pipe", "pipe"] });
    child.stdin.end(input);
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    return { code, output: out + err };
  }

  /** Runs `pulumi`, which must succeed; gives what it printed. */
  async must(words: readonly string[], input = ""): Promise<string> {
    const { code, output } = await this.pulumi(words, input);
    if (code !== 0) throw new Error(`pulumi ${words[0]} ended with ${code}:\n${output}`);
    return output;
  }
}

/** Configuration of a stack by Pulumi's paths, such as `sshFrom[0]`. */
export interface StackValues {
  readonly plain: Readonly<Record<string, string>>;
  readonly secret: Readonly<Record<string, string>>;
}
