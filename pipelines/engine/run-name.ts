import { randomInt } from "node:crypto";
import { FailureError } from "../dsl/failure.ts";

const manners = words(
  "amber ample ardent balmy bold brave brisk calm clear clever cosy crisp dapper deft eager early fair fast fine firm " +
    "fleet fond frank fresh gentle glad grand hardy hasty honest jolly keen kind lively lucid loyal mellow merry mild " +
    "modest neat nimble noble plain polite prompt proud quick quiet rapid ready robust sharp sleek smart snug solid " +
    "spry steady sturdy sunny swift tidy warm",
);
const animals = words(
  "alpaca badger beaver bison bittern camel crane curlew dingo dormouse dove dunlin egret elk ermine falcon ferret " +
    "finch gannet gecko godwit grebe grouse gull hare heron hoopoe ibex jackal kestrel kite koala lapwing lark linnet " +
    "llama lynx magpie marmot marten merlin mink moose newt osprey otter owl panda petrel pipit plover puffin quail " +
    "raven robin sable seal shrew stoat swan tapir teal toad wren",
);

/** A name for a new run, such as `2026-11-23-brave-otter`: safe as a file, tag and host name. */
export function newRunName(now: Date = new Date()): string {
  const manner = manners[randomInt(manners.length)] ?? "plain";
  const animal = animals[randomInt(animals.length)] ?? "otter";
  return `${now.toISOString().slice(0, 10)}-${manner}-${animal}`;
}

/** Throws where a run may not be named so: lower case letters, digits and inner hyphens, at most 63. */
export function checkRunName(name: string): void {
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) return;
  throw new FailureError({
    reason: "run-name",
    class: "configuration",
    title: "A run cannot have this name",
    detail: `${JSON.stringify(name)} is not made of lower case letters, digits and inner hyphens, 63 at most.`,
    next: "Choose another name, or none: one is made up.",
  });
}

function words(text: string): readonly string[] {
  return text.split(" ");
}
