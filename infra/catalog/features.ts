import type { MachineType } from "./machine-type.ts";

interface Feature {
  /** What a machine has that has it. */
  readonly means: string;
  holds(machine: MachineType): boolean;
}

/** What a machine may be asked to have, by name, beside sizes. */
export const features = {
  gpu: { means: "a GPU", holds: ({ gpus }) => gpus.length > 0 },
  nvme: { means: "NVMe disks inside the machine", holds: ({ disks }) => disks.some(({ kind }) => kind === "nvme") },
  "fast-network": { means: "25 Gbit/s or more", holds: ({ networkGbps }) => (networkGbps ?? 0) >= 25 },
  "dense-cpu": { means: "96 hardware threads or more", holds: ({ cores }) => cores >= 96 },
  "large-memory": { means: "512 GiB or more", holds: ({ memoryGiB }) => memoryGiB >= 512 },
} as const satisfies Readonly<Record<string, Feature>>;

export type FeatureName = keyof typeof features;

/** Whether a word is the name of a feature. */
export function isFeature(word: string): word is FeatureName {
  return Object.hasOwn(features, word);
}

/** The features that a machine has. */
export function featuresOf(machine: MachineType): readonly FeatureName[] {
  return Object.keys(features)
    .filter(isFeature)
    .filter((name) => features[name].holds(machine));
}
