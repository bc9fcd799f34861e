import type { Ec2InstanceType } from "./ec2-instances.ts";

/** How the newest image of an operating system is found on EC2. */
export interface Ec2Image {
  /** Account that publishes it; of the commercial partition. */
  readonly owner: string;
  /** Pattern of the image's name. */
  readonly name: string;
  /** User that the login key is given to. */
  readonly user: string;
}

interface Publisher {
  readonly owner: string;
  readonly user: string;
  readonly releases: readonly string[];
  name(release: string, architecture: Ec2InstanceType["architecture"]): string;
}

/** Accounts and names as their publishers document them. */
const publishers: ReadonlyMap<string, Publisher> = new Map([
  [
    "debian",
    {
      owner: "136693071363",
      user: "admin",
      releases: ["11", "12", "13"],
      name: (release, architecture) => `debian-${release}-${architecture}-*`,
    },
  ],
  [
    "ubuntu",
    {
      owner: "099720109477",
      user: "ubuntu",
      releases: ["20.04", "22.04", "24.04"],
      // The folder ends in -gp3 from 24.04 on.
      name: (release, architecture) => `ubuntu/images/hvm-ssd*/ubuntu-*-${release}-${architecture}-server-*`,
    },
  ],
  [
    "almalinux",
    {
      owner: "764336703387",
      user: "ec2-user",
      releases: ["8", "9", "10"],
      name: (release, architecture) => `AlmaLinux OS ${release}.*${architecture === "arm64" ? "aarch64" : "x86_64"}*`,
    },
  ],
] satisfies [string, Publisher][]);

/** Operating systems that have an image on EC2, such as `debian-12`. */
export const ec2OperatingSystems: readonly string[] = [...publishers].flatMap(([family, publisher]) =>
  publisher.releases.map((release) => `${family}-${release}`),
);

/** How the image of an operating system is found; null where nobody publishes it. */
export function ec2Image(os: string, architecture: Ec2InstanceType["architecture"]): Ec2Image | null {
  const dash = os.indexOf("-");
  const publisher = publishers.get(os.slice(0, dash));
  const release = os.slice(dash + 1);
  if (!publisher?.releases.includes(release)) return null;
  return { owner: publisher.owner, user: publisher.user, name: publisher.name(release, architecture) };
}
