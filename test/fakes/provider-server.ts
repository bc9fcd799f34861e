import { Server, ServerCredentials, type ServiceDefinition, status, type UntypedHandleCall } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { type FakeProvider, isMade } from "./provider.ts";
import { ProviderMethods } from "./provider-methods.ts";
import { errorReply, halfReply } from "./wire.ts";
import { HalfDone, type World } from "./world.ts";

/** A fake that Pulumi's engine can be attached to. */
export interface ServedProvider extends AsyncDisposable {
  /** `aws:41234`, as `PULUMI_DEBUG_PROVIDERS` wants it. */
  readonly attachment: string;
}

/**
 * Serves a fake over Pulumi's provider protocol on loopback. One process serves any number of operations, one after
 * another or at once, so that what the fake made outlives each of them, as in a cloud.
 */
export async function serveProvider(fake: FakeProvider, world: World): Promise<ServedProvider> {
  const server = new Server();
  addMethods(server, ResourceProviderService, new ProviderMethods(fake, world));
  const port = await listen(server);
  return {
    attachment: `${fake.name}:${port}`,
    async [Symbol.asyncDispose]() {
      server.forceShutdown();
    },
  };
}

type Done = (error: object | null, reply?: unknown) => void;

/** Methods that are not given answer UNIMPLEMENTED, as those of an older provider do. */
function addMethods(server: Server, service: ServiceDefinition, methods: ProviderMethods): void {
  const handles = Object.keys(service).map((name): [string, UntypedHandleCall] => {
    const method: unknown = Reflect.get(methods, name);
    return [
      name,
      (call: { request: unknown }, done: Done) => {
        if (typeof method !== "function") return done({ code: status.UNIMPLEMENTED, details: `${name} is not faked` });
        Promise.resolve(Reflect.apply(method, methods, [call.request])).then(
          (reply) => done(null, reply),
          (error: unknown) => done(replyTo(error)),
        );
      },
    ];
  });
  server.addService(service, Object.fromEntries(handles));
}

function replyTo(error: unknown): object {
  const message = error instanceof Error ? error.message : String(error);
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof HalfDone && isMade(cause.made) ? halfReply(message, cause.made) : errorReply(message);
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
}
