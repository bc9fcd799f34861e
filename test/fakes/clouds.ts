import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { fakeAws } from "./aws/provider.ts";
import { FakeEquinixMetal } from "./equinix-metal.ts";
import { serveEquinixMetalApi } from "./equinix-metal-api.ts";
import { instantMachines, type Machines } from "./machines.ts";
import { startMoto } from "./moto/server.ts";
import { serveProvider } from "./provider-server.ts";
import { serveScalewayApi } from "./scaleway/api.ts";
import { FakeScaleway } from "./scaleway/provider.ts";
import { World } from "./world.ts";

/** Fakes of every cloud that has a program, in one world; they live as long as this process, or until they are disposed. */
export interface Clouds extends AsyncDisposable {
  readonly world: World;
  readonly equinixMetal: FakeEquinixMetal;
  readonly scaleway: FakeScaleway;
  /**
   * What Pulumi, and clients of the clouds' own APIs, must have in their environment to meet the fakes and nothing else.
   * The credentials are none.
   */
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts them. The script is the one of {@link World}. */
export async function startClouds(options: {
  readonly script?: unknown;
  readonly machines?: Machines;
  tell(text: string): void;
}): Promise<Clouds> {
  const { machines = instantMachines } = options;
  const world = new World(options.script);
  await using stack = new AsyncDisposableStack();
  const moto = stack.use(await startMoto(options.tell));
  const ended = new AbortController();
  stack.defer(() => ended.abort());
  const aws = fakeAws({ url: moto.url, version: pinnedVersion("@pulumi/aws"), machines, ended: ended.signal });
  const equinixMetal = new FakeEquinixMetal({ version: pinnedVersion("@pulumi/equinix-metal"), machines });
  const scaleway = new FakeScaleway({ version: pinnedVersion("@pulumiverse/scaleway"), machines });
  const served = [];
  for (const fake of [aws, equinixMetal, scaleway]) served.push(stack.use(await serveProvider(fake, world)));
  const metalApi = stack.use(await serveEquinixMetalApi(equinixMetal, world));
  const scalewayApi = stack.use(await serveScalewayApi(scaleway, world));
  const owned = stack.move();
  return {
    world,
    equinixMetal,
    scaleway,
    environment: {
      PULUMI_DEBUG_PROVIDERS: served.map(({ attachment }) => attachment).join(","),
      AWS_ENDPOINT_URL_EC2: moto.url,
      AWS_ACCESS_KEY_ID: "fake",
      AWS_SECRET_ACCESS_KEY: "fake",
      METAL_API_URL: metalApi.url,
      SCW_API_URL: scalewayApi.url,
      SCW_ACCESS_KEY: "SCWFAKEFAKEFAKEFAKE0",
      SCW_SECRET_KEY: "fake",
      SCW_DEFAULT_PROJECT_ID: "00000000-0000-4000-8000-000000000000",
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const pinned = z
  .object({
    dependencies: z.record(z.string(), z.string()),
    optionalDependencies: z.record(z.string(), z.string()),
  })
  .transform(
    ({ dependencies, optionalDependencies }) => new Map(Object.entries({ ...dependencies, ...optionalDependencies })),
  )
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, "..", "..", "package.json"), "utf8")));

/** A fake answers for the version that the programs were written against, whether or not an optional one is installed. */
function pinnedVersion(name: string): string {
  return pinned.get(name) ?? "";
}
