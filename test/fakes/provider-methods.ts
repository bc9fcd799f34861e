import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import type struct from "google-protobuf/google/protobuf/struct_pb.js";
import type { FakeProvider, Properties, Subject } from "./provider.ts";
import { messageOf, propertiesOf, subjectOf } from "./wire.ts";
import type { Call, World } from "./world.ts";

/** An error of a call, and the provider's words for it. */
export class WordedError extends Error {
  override readonly name = "WordedError";

  constructor(message: string, cause: unknown) {
    super(message, { cause });
  }
}

/** The methods of Pulumi's provider protocol over one fake, by their names there; those that are not here are not served. */
export class ProviderMethods {
  readonly #fake: FakeProvider;
  readonly #world: World;

  constructor(fake: FakeProvider, world: World) {
    this.#fake = fake;
    this.#world = world;
  }

  async attach() {
    return new empty.Empty();
  }

  async cancel() {
    return new empty.Empty();
  }

  async getPluginInfo() {
    const info = new plugin.PluginInfo();
    info.setVersion(this.#fake.version);
    return info;
  }

  async checkConfig(request: provider.CheckRequest) {
    return checked(request.getNews());
  }

  async diffConfig() {
    return difference([], []);
  }

  async configure(request: provider.ConfigureRequest) {
    await this.#fake.configure(propertiesOf(request.getArgs()));
    // Because it accepts no secrets, the engine unwraps them and marks the outputs of the same name itself.
    return new provider.ConfigureResponse();
  }

  async check(request: provider.CheckRequest) {
    const { type, name } = subjectOf(request.getUrn());
    const property = this.#fake.autonamed[type];
    const inputs = propertiesOf(request.getNews());
    if (property === undefined || inputs[property] !== undefined) return checked(request.getNews());
    const { [property]: before } = propertiesOf(request.getOlds());
    const suffix = randomBytes(4).toString("hex").slice(1);
    return checked(messageOf({ ...inputs, [property]: before ?? `${name}-${suffix}` }));
  }

  async diff(request: provider.DiffRequest) {
    const changed = changedNames(propertiesOf(request.getOldInputs()), propertiesOf(request.getNews()));
    const replacing = changed.filter((name) => !this.#fake.changeable.includes(name));
    return difference(changed, replacing);
  }

  async create(request: provider.CreateRequest) {
    const subject = subjectOf(request.getUrn());
    const inputs = propertiesOf(request.getProperties());
    const made = await this.#meet("create", subject, () => this.#fake.create(subject, inputs));
    const reply = new provider.CreateResponse();
    reply.setId(made.id);
    reply.setProperties(messageOf(made.outputs));
    return reply;
  }

  async read(request: provider.ReadRequest) {
    const subject = subjectOf(request.getUrn());
    const outputs = propertiesOf(request.getProperties());
    const found = await this.#meet("read", subject, () => this.#fake.read(subject, request.getId(), outputs));
    const reply = new provider.ReadResponse();
    if (found === null) return reply;
    reply.setId(found.id);
    reply.setProperties(messageOf(found.outputs));
    reply.setInputs(request.getInputs());
    return reply;
  }

  async update(request: provider.UpdateRequest) {
    const subject = subjectOf(request.getUrn());
    const inputs = propertiesOf(request.getNews());
    const change = { id: request.getId(), inputs, outputs: propertiesOf(request.getOlds()) };
    const made = await this.#meet("update", subject, () => this.#fake.update(subject, change));
    const reply = new provider.UpdateResponse();
    reply.setProperties(messageOf(made.outputs));
    return reply;
  }

  async delete(request: provider.DeleteRequest) {
    const subject = subjectOf(request.getUrn());
    const outputs = propertiesOf(request.getProperties());
    await this.#meet("delete", subject, () => this.#fake.delete(subject, request.getId(), outputs));
    return new empty.Empty();
  }

  async invoke(request: provider.InvokeRequest) {
    const token = request.getTok();
    const inputs = propertiesOf(request.getArgs());
    const found = await this.#meet("lookup", { type: token, name: token }, () => this.#fake.lookup(token, inputs));
    const reply = new provider.InvokeResponse();
    reply.setReturn(messageOf(found));
    return reply;
  }

  async #meet<Result>(on: Call["on"], subject: Subject, work: () => Promise<Result>): Promise<Result> {
    try {
      return await this.#fake.attempts(() => this.#world.meet({ on, ...subject }, work));
    } catch (error) {
      throw new WordedError(this.#fake.word(error, { on, ...subject }), error);
    }
  }
}

function checked(inputs: struct.Struct | undefined) {
  const reply = new provider.CheckResponse();
  reply.setInputs(inputs);
  return reply;
}

function difference(changed: readonly string[], replacing: readonly string[]) {
  const { DIFF_NONE, DIFF_SOME } = provider.DiffResponse.DiffChanges;
  const reply = new provider.DiffResponse();
  reply.setChanges(changed.length === 0 ? DIFF_NONE : DIFF_SOME);
  reply.setDiffsList([...changed]);
  reply.setReplacesList([...replacing]);
  return reply;
}

function changedNames(before: Properties, after: Properties): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !name.startsWith("__") && !isDeepStrictEqual(before[name], after[name]));
}
