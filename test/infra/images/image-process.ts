import { ensureImage } from "../../../infra/images/image.ts";
import { failureOf } from "../../../pipelines/dsl/failure.ts";

/** A process of its own that asks for one image, told by one JSON argument; it answers in lines of JSON. */
const { home, request } = JSON.parse(process.argv[2] ?? "{}");
const say = (line: object) => console.log(JSON.stringify(line));

try {
  const io = { home, signal: new AbortController().signal, note: (note: string) => say({ note }) };
  say({ image: await ensureImage(request, io) });
} catch (error) {
  say({ failure: failureOf(error) });
}
