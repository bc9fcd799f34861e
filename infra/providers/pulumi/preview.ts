import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClusterRequest } from "../../../pipelines/dsl/request.ts";
import { InfraError } from "../../failure.ts";
import { makeSshKeyPair } from "../../hosts/ssh-key-pair.ts";
import { failureOfEnd } from "../../pulumi/operation-failure.ts";
import { runOperation } from "../../pulumi/run-operation.ts";
import { stackPlace } from "../../pulumi/stack-place.ts";
import type { ClusterPreview, PreviewedResource } from "../cluster.ts";
import { priced } from "./estimate.ts";
import { programArgs } from "./settings.ts";
import type { Use } from "./use.ts";

/** For a preview, in milliseconds: it only asks the provider for an image. */
const previewMs = 300_000;

/**
 * What Pulumi would create for a request: the provider is asked for what the program looks up, and nothing is made. State
 * and keys are of this preview alone, and gone afterwards.
 */
export async function previewCluster(use: Use, request: ClusterRequest, signal: AbortSignal): Promise<ClusterPreview> {
  const offer = priced(request);
  if ("reason" in offer) throw new InfraError(offer);
  const { count, os } = request;
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  const owner = { run: "preview", node: "cluster", attempt: 1, token: 1, expiresAt };
  const home = await mkdtemp(join(tmpdir(), "edgecert-preview-"));
  try {
    const place = await stackPlace(home, owner, {});
    const hostKeys = Array.from({ length: count }, (_, index) => makeSshKeyPair(`host-${index + 1}`));
    const sshPublicKey = makeSshKeyPair("login").publicKey;
    const args = programArgs(offer.settings, { count, os, owner, sshPublicKey, hostKeys });
    const program = { name: "cluster", args, tags: {} };
    const resources: PreviewedResource[] = [];
    const { environment, graceMs } = use;
    const end = await runOperation(
      place,
      { name: "preview", program },
      {
        signal,
        deadlineMs: previewMs,
        graceMs,
        environment,
        step: ({ type, name, state }) => {
          if (state === "done") resources.push({ type, name });
        },
      },
    );
    signal.throwIfAborted();
    const failure = failureOfEnd(offer.settings.provider, end);
    if (failure !== null) throw new InfraError(failure);
    const { dollarsPerHour, secondsToReady } = offer;
    return { resources, dollarsPerHour, secondsToReady };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
