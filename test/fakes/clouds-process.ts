import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { ownIdentity } from "../../infra/hosts/process-table.ts";
import { writeRecord } from "../../infra/hosts/record-file.ts";
import { type Clouds, startClouds } from "./clouds.ts";
import { realMachines } from "./real-machines.ts";
import { type CloudsRecord, cloudsRecordIn } from "./running-clouds.ts";

/**
 * `node clouds-process.ts FOLDER [instant|real HOME]`: the fakes as a process of their own, which says in `clouds.json` there
 * where it is. Real machines start from the images of HOME.
 */
const [folder = ".", mode = "instant", home = folder] = process.argv.slice(2);
/** Ends by itself when nobody asked anything for so long, in milliseconds: nobody may remember it. */
const idleMs = 3_600_000;

const machines = mode === "real" ? realMachines({ home, tell: console.error }) : undefined;
const clouds = await startClouds({ tell: console.error, ...(machines === undefined ? {} : { machines }) });
const control = createServer((request, response) => {
  answer(clouds, request.method ?? "", request.method === "PUT" ? text(request) : Promise.resolve("")).then(
    (said) => response.writeHead(200, { "content-type": "application/json" }).end(said),
    (error: unknown) => response.writeHead(400).end(error instanceof Error ? error.message : String(error)),
  );
});
control.listen(0, "127.0.0.1");
await once(control, "listening");
const address = control.address();
const port = typeof address === "object" && address !== null ? address.port : 0;
const record: CloudsRecord = {
  ...ownIdentity(),
  control: `http://127.0.0.1:${port}/`,
  machines: machines === undefined ? "instant" : "real",
  environment: clouds.environment,
};
await writeRecord(cloudsRecordIn(folder), record);

let seen = 0;
let since = Date.now();
setInterval(() => {
  if (clouds.world.calls.length !== seen) since = Date.now();
  seen = clouds.world.calls.length;
  if (Date.now() - since > idleMs) void leave();
}, 60_000);
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => void leave());

async function leave(): Promise<never> {
  try {
    await machines?.[Symbol.asyncDispose]();
  } catch (error) {
    console.error(error);
  }
  return process.exit(0);
}

/** GET: the calls that came. PUT: another script from now on. */
async function answer({ world }: Clouds, method: string, body: Promise<string>): Promise<string> {
  if (method === "PUT") world.change(JSON.parse(await body));
  return JSON.stringify(world.calls);
}
