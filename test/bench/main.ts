/**
 * `npm run bench [name...]`: ratios measured side by side in one run. Without names, all of them.
 */
const benches: Readonly<Record<string, () => Promise<void>>> = {
  startup: async () => (await import("./startup.ts")).benchStartup(),
  engine: async () => (await import("./engine.ts")).benchEngine(),
  ssh: async () => (await import("./ssh.ts")).benchSsh(),
  ready: async () => (await import("./ready.ts")).benchReady(),
  store: async () => (await import("./store.ts")).benchStore(),
  reports: async () => (await import("./reports.ts")).benchReports(),
  page: async () => (await import("./page.ts")).benchPage(),
  placement: async () => (await import("./placement.ts")).benchPlacement(),
  "pulumi-typescript": async () => (await import("./pulumi-typescript.ts")).benchPulumiTypescript(),
  hosts: async () => (await import("./hosts.ts")).benchHosts(),
  release: async () => (await import("./release.ts")).benchRelease(),
  pulumi: async () => (await import("./pulumi.ts")).benchPulumi(),
  certify: async () => (await import("./certify.ts")).benchCertify(),
};

const named = process.argv.slice(2);
const unknown = named.filter((name) => benches[name] === undefined);
if (unknown.length > 0) {
  console.error(`no bench ${unknown.join(", ")}: there are ${Object.keys(benches).join(", ")}`);
  process.exit(2);
}
for (const [name, bench] of Object.entries(benches)) {
  if (named.length === 0 || named.includes(name)) await bench();
}
