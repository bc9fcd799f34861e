import { z } from "zod";
import { awsTaggedPlace } from "../../../infra/providers/aws/tagged-place.ts";
import { giveBackStack } from "../../../infra/pulumi/recovery.ts";
import { runOperation } from "../../../infra/pulumi/run-operation.ts";
import { stackPlace } from "../../../infra/pulumi/stack-place.ts";
import { awsProgram } from "./cluster-program.ts";

/** What a process of ours does with a stack until a test kills it: `up`, `destroy`, `refresh` or all of giving back. */
const [home = "", run = "", work] = process.argv.slice(2);
const wanted = z.enum(["up", "refresh", "destroy", "give back"]).parse(work);
const { signal } = new AbortController();
const io = { signal, deadlineMs: 300_000, graceMs: 1_000 };
const place = await stackPlace(home, { run, node: "edge" });
if (wanted === "up") await runOperation(place, { name: "up", program: awsProgram(place) }, io);
else if (wanted === "give back")
  await giveBackStack({ ...io, place, tagged: awsTaggedPlace(["eu-central-1"]), note: () => {} });
else await runOperation(place, { name: wanted }, io);
