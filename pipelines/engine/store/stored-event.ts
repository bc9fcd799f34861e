import type { EventBody } from "../../dsl/event.ts";
import type { Json } from "../../dsl/json.ts";
import { mapStrings } from "../json-strings.ts";
import type { EventPlace } from "../live-run.ts";
import { neutralText } from "../neutral-text.ts";
import type { StoredEvent } from "./recorder.ts";

/** An event from outside a held run, stamped now with its place and without control characters. */
export function storedEvent(body: EventBody, place: EventPlace = {}): StoredEvent {
  const data: Json = JSON.parse(JSON.stringify(body.data));
  return { at: new Date().toISOString(), ...place, type: body.type, data: mapStrings(data, neutralText) };
}
