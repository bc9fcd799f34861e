import { standingClusters } from "../../../infra/standing/clusters.ts";
import { fakeEdge } from "../../fakes/edge.ts";
import { ownerOf } from "../pool/scripted-pool.ts";

/** A process that asks for a standing cluster and is killed while it is made: `standing-process FOLDER`. */
const [folder = ""] = process.argv.slice(2);
const edge = fakeEdge("fake-edge");
const standing = standingClusters({
  provider: {
    ...edge,
    provision: async () => {
      console.log("making");
      return new Promise(() => setInterval(() => {}, 60_000));
    },
  },
  ...{ folder, terms: { name: "madrid", idleMs: 60_000, openMs: 3_600_000, shared: 1 } },
});
const request = { provider: "fake-edge", count: 1, os: "debian-12", settings: {} };
const io = { signal: AbortSignal.timeout(60_000), note() {}, step() {} };
await standing.provision(request, ownerOf("killed"), io);
