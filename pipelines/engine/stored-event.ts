import type { EventBody } from "../dsl/event.ts";
import type { Json } from "../dsl/json.ts";
import { mapStrings } from "./json-strings.ts";
import { neutralText } from "./neutral-text.ts";
import type { StoredEvent } from "./recorder.ts";

/** An event from outside a held run, stamped now and without control characters. */
export function storedEvent(body: EventBody): StoredEvent {
  const data: Json = JSON.parse(JSON.stringify(body.data));
  return { at: new Date().toISOString(), type: body.type, data: mapStrings(data, neutralText) };
}
