import { InvalidArgumentError } from "commander";

/** The whole number above 0 that a word of the command line is; commander's InvalidArgumentError where it is none. */
export function wholeNumber(word: string): number {
  return numberFrom(1, word);
}

/** The whole number from 0 that a word of the command line is; commander's InvalidArgumentError where it is none. */
export function countFromZero(word: string): number {
  return numberFrom(0, word);
}

function numberFrom(least: number, word: string): number {
  const number = Number(word);
  if (/^\d+$/.test(word) && Number.isSafeInteger(number) && number >= least) return number;
  throw new InvalidArgumentError(`${JSON.stringify(word)} is not a whole number from ${least}.`);
}
