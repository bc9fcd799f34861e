import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  status,
  type UntypedHandleCall,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engine from "@pulumi/pulumi/proto/engine_pb.js";
import { ResourceMonitorService } from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import resource from "@pulumi/pulumi/proto/resource_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";

type Values = Record<string, struct.JavaScriptValue>;

/** A resource as it came over the wire; secrets are still wrapped. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Values;
}

/** The side of Pulumi's engine that a program talks to: keeps what it is told and makes every resource at once. */
export interface Engine extends AsyncDisposable {
  /** `127.0.0.1:<port>` of both the engine and the resource monitor. */
  readonly address: string;
  readonly resources: readonly Registered[];
  /** Lines of the program's log that are errors. */
  readonly errors: readonly string[];
  /** What the program exported. */
  outputs(): Values;
}

/** Starts an engine whose resources answer with their inputs and `answers`, and whose lookups answer `found`. */
export async function startEngine(answers: Values, found: Values): Promise<Engine> {
  const resources: Registered[] = [];
  const errors: string[] = [];
  const outputs = new Map<string, Values>();
  const root = { urn: "" };

  function register(request: resource.RegisterResourceRequest) {
    const inputs = request.getObject()?.toJavaScript() ?? {};
    resources.push({ type: request.getType(), name: request.getName(), inputs });
    const reply = new resource.RegisterResourceResponse();
    reply.setUrn(`urn:pulumi:edge::edgecert::${request.getType()}::${request.getName()}`);
    reply.setId(`${request.getName()}-id`);
    reply.setObject(struct.Struct.fromJavaScript({ ...inputs, ...answers }));
    return reply;
  }

  const server = new Server();
  addService(server, ResourceMonitorService, {
    supportsFeature: reply((request: resource.SupportsFeatureRequest) => {
      const answer = new resource.SupportsFeatureResponse();
      answer.setHassupport(request.getId() === "secrets");
      return answer;
    }),
    registerResource: reply(register),
    registerResourceOutputs: reply((request: resource.RegisterResourceOutputsRequest) => {
      outputs.set(request.getUrn(), request.getOutputs()?.toJavaScript() ?? {});
      return new empty.Empty();
    }),
    invoke: reply(() => {
      const answer = new resource.ResourceInvokeResponse();
      answer.setReturn(struct.Struct.fromJavaScript(found));
      return answer;
    }),
    signalAndWaitForShutdown: reply(() => new empty.Empty()),
  });
  addService(server, EngineService, {
    log: reply((request: engine.LogRequest) => {
      if (request.getSeverity() === engine.LogSeverity.ERROR) errors.push(request.getMessage());
      return new empty.Empty();
    }),
    setRootResource: reply((request: engine.SetRootResourceRequest) => {
      root.urn = request.getUrn();
      return new engine.SetRootResourceResponse();
    }),
    getRootResource: reply(() => {
      const answer = new engine.GetRootResourceResponse();
      answer.setUrn(root.urn);
      return answer;
    }),
  });
  const port = await listen(server);
  return {
    address: `127.0.0.1:${port}`,
    resources,
    errors,
    outputs: () => outputs.get(root.urn) ?? {},
    async [Symbol.asyncDispose]() {
      server.forceShutdown();
    },
  };
}

function reply<Request, Reply>(answer: (request: Request) => Reply): UntypedHandleCall {
  return (call: { request: Request }, done: (error: null, value: Reply) => void) => done(null, answer(call.request));
}

/** Methods that are not given answer UNIMPLEMENTED, as an engine does that is older than the program. */
function addService(server: Server, service: ServiceDefinition, methods: UntypedServiceImplementation): void {
  const missing: UntypedHandleCall = (_call: unknown, done: (error: { code: status }) => void) =>
    done({ code: status.UNIMPLEMENTED });
  const all = Object.keys(service).map((name) => [name, methods[name] ?? missing] as const);
  server.addService(service, Object.fromEntries(all));
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
}
