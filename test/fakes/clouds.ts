import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fakeAws } from "./aws/provider.ts";
import { FakeEquinixMetal } from "./equinix-metal.ts";
import { instantMachines, type Machines } from "./machines.ts";
import { startMoto } from "./moto/server.ts";
import { serveProvider } from "./provider-server.ts";
import { World } from "./world.ts";

/** Fakes of every cloud that has a program, in one world; they live as long as this process, or until they are disposed. */
export interface Clouds extends AsyncDisposable {
  readonly world: World;
  readonly equinixMetal: FakeEquinixMetal;
  /**
   * What Pulumi, and a client of AWS, must have in their environment to meet the fakes and nothing else. The credentials
   * are none.
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
  const aws = fakeAws({ url: moto.url, version: installedVersion("@pulumi/aws"), machines });
  const equinixMetal = new FakeEquinixMetal({ version: installedVersion("@pulumi/equinix-metal"), machines });
  const served = [];
  for (const fake of [aws, equinixMetal]) served.push(stack.use(await serveProvider(fake, world)));
  const owned = stack.move();
  return {
    world,
    equinixMetal,
    environment: {
      PULUMI_DEBUG_PROVIDERS: served.map(({ attachment }) => attachment).join(","),
      AWS_ENDPOINT_URL_EC2: moto.url,
      AWS_ACCESS_KEY_ID: "fake",
      AWS_SECRET_ACCESS_KEY: "fake",
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A fake answers for the version that the programs were written against. */
function installedVersion(name: string): string {
  const path = join(import.meta.dirname, "..", "..", "node_modules", name, "package.json");
  return String(JSON.parse(readFileSync(path, "utf8")).version);
}
