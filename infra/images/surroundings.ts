import { readdirSync, readFileSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";
import type { OperatingSystem } from "../catalog/operating-systems.ts";
import type { ArchiveFile } from "../hosts/tar.ts";
import { aptFinds, aptSettings } from "./apt-settings.ts";
import { machineMirror, packageSources } from "./mirror.ts";

/**
 * How this machine reaches packages. It is handed to builds and to guests at each start, and never becomes a part of an
 * image: images travel, mirrors and proxies do not.
 */
export interface Surroundings {
  /** One-line sources of the system's packages, such as `deb http://mirror.example/debian bookworm main`. */
  readonly sources: readonly string[];
  /** Options of apt, such as `Acquire::http::Proxy "http://proxy.example:3128"`. */
  readonly apt: readonly string[];
  /** Variables such as `https_proxy`, in lower case. */
  readonly proxies: Readonly<Record<string, string>>;
  /** Certificates that this machine trusts beyond its distribution's. */
  readonly authorities: readonly Authority[];
}

/** A certificate that is trusted because an operator put it beside those of the distribution. */
export interface Authority {
  /** Name of its file, ending in `.crt`. */
  readonly name: string;
  readonly pem: string;
  /** Names by which OpenSSL finds it in its folder, such as `5ed36f99.0`; none where they are not known. */
  readonly links: readonly string[];
}

/**
 * What this machine's own apt, environment and list of trusted certificates say about reaching a system's packages; without
 * sources for a system that is not Debian's.
 */
export async function machineSurroundings(
  system: OperatingSystem | undefined,
  signal: AbortSignal,
): Promise<Surroundings> {
  const mirror = await machineMirror(signal);
  const has = (address: string) => aptFinds(address, signal);
  return {
    sources: system === undefined ? [] : await packageSources(system, mirror, has),
    apt: await aptSettings(signal),
    proxies: proxiesIn(process.env),
    authorities: machineAuthorities(),
  };
}

/** The proxies that the environment names, by lower case names, as most programs read them. Pure. */
export function proxiesIn(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const named = ["http_proxy", "https_proxy", "no_proxy"].map((name) => [name, env[name] ?? env[name.toUpperCase()]]);
  return Object.fromEntries(named.filter(([, value]) => value !== undefined && value !== ""));
}

/** QEMU's user network: the address by which a guest reaches the loopback device of its host. */
const hostOfGuest = "10.0.2.2";

/**
 * The files by which a guest reaches packages the way its host does; addresses of the host's loopback device become those
 * by which a guest sees it. None for what the image says already. Pure.
 */
export function surroundingsOfGuest(of: Surroundings): readonly ArchiveFile[] {
  const seen = (text: string) => text.replaceAll(loopbackUrl, `$1${hostOfGuest}$2`);
  const environment = Object.entries(of.proxies).map(([name, value]) => `${name}="${seen(bareProxy(name, value))}"`);
  const apt = [...of.apt, ...aptProxies(of)].map((option) => `${option};`);
  return [
    file("etc/apt/sources.list", of.sources.map(seen)),
    file("etc/apt/apt.conf.d/90edgecert", apt.map(seen)),
    file("etc/environment", environment),
    ...of.authorities.flatMap(({ name, pem, links }) =>
      [`usr/local/share/ca-certificates/${name}`, ...links.map((link) => `etc/ssl/certs/${link}`)].map((path) =>
        file(path, [pem.trimEnd()]),
      ),
    ),
  ].filter(({ content }) => content.trim() !== "");
}

/** The same for the tree of a build, which lives on this machine's own network. Pure. */
export function surroundingsOfBuild(of: Surroundings): readonly ArchiveFile[] {
  const bundle = of.authorities.map(({ pem }) => pem.trimEnd());
  const trust = bundle.length === 0 ? [] : [`Acquire::https::CAInfo "/${bundlePath}";`];
  const quiet = ['Acquire::GzipIndexes "true";', 'Acquire::Languages "none";'];
  return [
    file("etc/apt/sources.list", of.sources),
    file(buildSettings, [...quiet, ...of.apt.map((option) => `${option};`), ...trust]),
    file(bundlePath, bundle),
  ].filter(({ content }) => content.trim() !== "");
}

const buildSettings = "etc/apt/apt.conf.d/00edgecert-build";
const bundlePath = "etc/apt/edgecert-build.pem";

/** Paths in a build's tree that are taken away before the tree becomes an image. */
export const buildOnlyPaths: readonly string[] = [buildSettings, bundlePath];

const loopbackUrl = /(\bhttps?:\/\/(?:[^/\s"@]*@)?)(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])([:/"\s]|$)/g;

// Because curl and apt also take a proxy written without `http://`, which would hide its host from the rewriting.
function bareProxy(name: string, value: string): string {
  return name === "no_proxy" || value.includes("://") ? value : `http://${value}`;
}

/** Options for the proxies that only the environment names: services of a guest do not see that environment. */
function aptProxies({ apt, proxies }: Surroundings): readonly string[] {
  return ["http", "https"].flatMap((scheme) => {
    const value = proxies[`${scheme}_proxy`];
    const named = apt.some((option) => option.startsWith(`Acquire::${scheme}::Proxy `));
    return value === undefined || named ? [] : [`Acquire::${scheme}::Proxy "${bareProxy(scheme, value)}"`];
  });
}

function file(path: string, lines: readonly string[]): ArchiveFile {
  return { path, mode: 0o644, content: `${lines.join("\n")}\n` };
}

function machineAuthorities(): readonly Authority[] {
  return authoritiesIn("/usr/local/share/ca-certificates", "/etc/ssl/certs");
}

/** The certificates that this machine trusts beyond its distribution's, as PEM. */
export function trustedAuthorities(): readonly string[] {
  return machineAuthorities().map(({ pem }) => pem);
}

/** The certificates in one folder, with the links that OpenSSL's folder has to them. */
export function authoritiesIn(folder: string, links: string): readonly Authority[] {
  const hashed = namesIn(links).filter((name) => /^[0-9a-f]{8}\.\d+$/.test(name));
  const targets = hashed.map((name) => ({ name, target: realPathOf(join(links, name)) }));
  return namesIn(folder)
    .filter((name) => name.endsWith(".crt"))
    .sort()
    .map((name) => {
      const path = realPathOf(join(folder, name));
      const own = targets.filter(({ target }) => target === path).map((link) => link.name);
      return { name: basename(name), pem: readFileSync(join(folder, name), "utf8"), links: own };
    });
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch {
    return [];
  }
}

function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
