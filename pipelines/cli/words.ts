import { InvalidArgumentError } from "commander";

/** The whole number above 0 that a word of the command line is; commander's InvalidArgumentError where it is none. */
export function wholeNumber(word: string): number {
  const number = Number(word);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError(`${JSON.stringify(word)} is not a whole number above 0.`);
}
