/** A call that failed as OpenNebula's own do: by a code and its words. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: number;

  constructor(code: number, words: string) {
    super(words);
    this.code = code;
  }
}

/** What xmlrpc-c says of a call that it cannot hand over: by a fault. */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly code: number;

  constructor(code: number, words: string) {
    super(words);
    this.code = code;
  }
}

/** The words of `Request::failure_message` for an object that is not there. */
export function noExists(method: string, kind: string, id: number): Refusal {
  return new Refusal(0x0400, `[${method}] Error getting ${kind} [${id}].`);
}

/** The words for a right that is missing. */
export function notAuthorized(method: string, uid: number, right: string): Refusal {
  return new Refusal(0x0200, `[${method}] User [${uid}] : Not authorized to perform ${right}.`);
}

/** The words for an object in a wrong state. */
export function wrongState(method: string, words: string): Refusal {
  return new Refusal(0x0800, `[${method}] ${words}`);
}

/** The words for a template that cannot be read. */
export function internal(method: string, words: string): Refusal {
  return new Refusal(0x2000, `[${method}] ${words}`);
}

/** The words for an object that cannot be made. */
export function notAllocated(method: string, kind: string, words: string): Refusal {
  return new Refusal(0x4000, `[${method}] Error allocating a new ${kind}. ${words}`);
}
