import { Metadata, status } from "@grpc/grpc-js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import statusProto from "@pulumi/pulumi/proto/status_pb.js";
import any from "google-protobuf/google/protobuf/any_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import type { Made, Properties, Subject } from "./provider.ts";

/** The properties of a message; empty where there are none. */
export function propertiesOf(message: struct.Struct | undefined): Properties {
  return message?.toJavaScript() ?? {};
}

/** Properties as a message. */
export function messageOf(properties: Properties): struct.Struct {
  return struct.Struct.fromJavaScript(properties);
}

/** Type and name of the resource that a URN names: `urn:pulumi:<stack>::<project>::<types>::<name>`. */
export function subjectOf(urn: string): Subject {
  const [, , types = "", ...name] = urn.split("::");
  return { type: types.slice(types.lastIndexOf("$") + 1), name: name.join("::") };
}

/** An answer with an error and nothing else: for the engine nothing was made. */
export function errorReply(message: string) {
  return { code: status.UNKNOWN, details: message };
}

/** An answer with an error and what was made all the same: the engine keeps it in its state. */
export function halfReply(message: string, made: Made) {
  const detail = new provider.ErrorResourceInitFailed();
  detail.setId(made.id);
  detail.setProperties(messageOf(made.outputs));
  detail.setReasonsList([message]);
  const packed = new any.Any();
  packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const whole = new statusProto.Status();
  whole.setCode(status.UNKNOWN);
  whole.setMessage(message);
  whole.setDetailsList([packed]);
  const metadata = new Metadata();
  // gRPC's own field for errors with a structure, which Node's implementation does not fill by itself.
  metadata.add("grpc-status-details-bin", Buffer.from(whole.serializeBinary()));
  return { code: status.UNKNOWN, details: message, metadata };
}
