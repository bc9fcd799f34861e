import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { kernelPackage } from "../catalog/operating-systems.ts";
import { InfraError } from "../failure.ts";
import { runCommand } from "../hosts/command.ts";
import { emulatorOf } from "../hosts/qemu-arguments.ts";
import { tarOf } from "../hosts/tar.ts";
import { type Build, bootstrapArguments, checkEnd, inNamespaces, removeTree, runBootstrap } from "./build.ts";
import { buildFailed } from "./failures.ts";
import { foreignManifest, foreignScript, installedWords, installScript, mergedHook } from "./foreign-recipe.ts";
import { guestFiles, maskedUnits } from "./guest-files.ts";
import { basePackages, type ImageRequest, neutralHook, sortedPackages } from "./recipe.ts";

/** How long an emulated machine may take to install an image's packages, in milliseconds: 5 minutes on 2 idle cores. */
const installMs = 40 * 60_000;

/**
 * Makes disk, kernel and list of packages of an image for another processor in the build's folder: unpacked here, installed
 * in an emulated machine that is started for it and ends by itself.
 */
export async function buildForeign(request: ImageRequest, build: Build, note: (text: string) => void): Promise<void> {
  const inFolder = (name: string) => join(build.folder, name);
  const name = [request.os, request.architecture, ...request.packages].join(" + ");
  await bootstrap(request, inFolder("base.tar"), build);
  await writeFile(inFolder("guest.tar"), tarOf(guestFiles));
  await writeFile(inFolder("install"), installScript);
  const paths = { BASE: "base.tar", TREE: "tree", DISK: "disk.raw", KERNEL: "vmlinuz", INITRD_FILE: "initrd" };
  const more = { GUEST_TAR: "guest.tar", INSTALL: "install" };
  const env = Object.fromEntries(Object.entries({ ...paths, ...more }).map(([key, file]) => [key, inFolder(file)]));
  const end = await inNamespaces(["sh", "-c", foreignScript], build, { ...env, MASKED: maskedUnits.join(" ") });
  await checkEnd(end.code, name, build);
  await removeTree(inFolder("tree"), build.signal);
  for (const file of ["base.tar", "guest.tar", "install"]) await rm(inFolder(file));
  note(`installing ${name} in an emulated machine`);
  await install(name, build);
}

async function bootstrap(request: ImageRequest, archive: string, build: Build): Promise<void> {
  const architecture = request.architecture ?? "amd64";
  const wanted = [...basePackages, kernelPackage(architecture), "busybox-static", ...sortedPackages(request.packages)];
  const args = await bootstrapArguments(request.os, archive, build, {
    variant: [
      "--variant=extract",
      `--architectures=${architecture}`,
      "--skip=cleanup/apt,cleanup/reproducible,download/empty",
      "--include=?essential",
      `--include=${["apt", ...wanted].join(",")}`,
    ],
    hooks: { "setup-hook": mergedHook, "customize-hook": neutralHook },
  });
  await checkEnd((await runBootstrap(args, build)).code, request.os, build);
}

async function install(name: string, build: Build): Promise<void> {
  const inFolder = (file: string) => join(build.folder, file);
  const { command, board } = emulatorOf("arm64");
  const console = inFolder("console.log");
  const args = [
    ...["-no-user-config", "-nodefaults", ...board, "-smp", "2", "-m", "1024M", "-display", "none", "-no-reboot"],
    ...["-kernel", inFolder("vmlinuz"), "-initrd", inFolder("initrd")],
    ...["-append", "console=ttyAMA0 quiet panic=-1 mitigations=off"],
    ...["-serial", `file:${console}`],
    ...["-drive", `file=${inFolder("disk.raw")},if=none,id=disk,format=raw,cache=unsafe,discard=unmap`],
    ...["-device", "virtio-blk-pci,drive=disk"],
  ];
  const signal = AbortSignal.any([build.signal, AbortSignal.timeout(installMs)]);
  await runCommand(command, args, { signal, logPath: build.logPath });
  const said = await readFile(console, "latin1").catch(() => "");
  await writeFile(build.logPath, said, { flag: "a" });
  if (!said.includes(installedWords))
    throw new InfraError(buildFailed(name, said.trimEnd().split("\n").slice(-12).join("\n"), build.logPath));
  await rm(console);
  const asked = ["-R", `dump ${foreignManifest} ${inFolder("packages.txt")}`, inFolder("disk.raw")];
  await mkdir(build.folder, { recursive: true });
  await checkEnd((await runCommand("debugfs", asked, { signal: build.signal })).code, name, build);
}
