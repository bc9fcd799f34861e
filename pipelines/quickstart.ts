import { z } from "zod";
import { cells, define } from "./dsl/index.ts";
import { buildServer, edgeprobeBuild } from "./environments/build-server.ts";
import { environments } from "./environments/catalogue.ts";
import { demonstrating, demonstrations } from "./environments/demonstration.ts";
import { serversOf, suitesOf } from "./environments/environment.ts";
import requirements from "./quickstart/requirements.json" with { type: "json" };
import { buildPackages } from "./stages/build.ts";
import { allocateServers } from "./stages/provision.ts";
import { fetchSource } from "./stages/source.ts";
import { releaseServers } from "./stages/teardown.ts";
import { testCell } from "./stages/test.ts";

const { stage, once, pipeline } = define("quickstart", {
  params: z.object({
    source: z.string().default("./quickstart/edgeprobe"),
    ref: z.string().default("HEAD"),
    demonstrate: z.enum(demonstrations).default("nothing"),
  }),
  matrix: cells(
    { os: ["debian-12", "debian-13"], environment: "kvm-ssh" },
    { os: "debian-12", environment: "microvm-ssh" },
  ).hole({ os: "debian-13", environment: "microvm-ssh" }, "microvm guests are certified on Debian 12 only"),
  sources: { edgeprobe: { url: ({ params }) => params.source, ref: ({ params }) => params.ref } },
  requirements,
});

const source = once("source", { run: ({ sources }, ctx) => fetchSource(sources.edgeprobe, ctx) });
const builders = stage("builders", {
  per: ["os"],
  needs: { source },
  servers: ({ cell }) => buildServer(cell.os),
  run: (_, ctx) => allocateServers(ctx),
  undo: (_, ctx) => releaseServers(ctx),
});

const packages = stage("packages", {
  per: ["os"],
  needs: { source, builders },
  run: ({ cell, params, source, builders: { servers } }, ctx) =>
    buildPackages({ source, servers, ...edgeprobeBuild(cell, params) }, ctx),
});

const servers = stage("servers", {
  needs: { source },
  servers: ({ cell }) => serversOf(environments[cell.environment], cell.os),
  run: (_, ctx) => allocateServers(ctx),
  undo: (_, ctx) => releaseServers(ctx),
});

const results = stage("results", {
  needs: { source, packages, servers },
  suites: ({ cell }) => suitesOf(environments[cell.environment]),
  stall: "10m",
  retry: { transient: 0 }, // a second try would find servers that the first one changed
  run: ({ cell, params, source, packages, servers: { servers } }, ctx) =>
    testCell({ environment: demonstrating(environments[cell.environment], params), servers, packages, source }, ctx),
});

export default pipeline([results]);
