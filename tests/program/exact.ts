/** Compiled programs against the evaluator: the output and every variable, at every place, on every input of a list. */
import type { Compilation } from '../../src/program/compilation.js';
import type { Value } from '../../src/program/language/value.js';
import { readVariable } from '../../src/program/run-compiled.js';

/** Every input of up to so many tokens. */
export function allInputs<T>(vocabulary: readonly T[], maxLength: number): T[][] {
  let longest: T[][] = [[]];
  const all: T[][] = [];
  for (let length = 1; length <= maxLength; length++) {
    longest = longest.flatMap((input) => vocabulary.map((token) => [...input, token]));
    all.push(...longest);
  }
  return all;
}

/** Where the compiled model and the evaluator differ, in words; empty where they do nowhere. */
export async function differences<T extends Value>(
  { program, model, variables, run }: Compilation<T>,
  inputs: readonly (readonly T[])[],
): Promise<string[]> {
  const found: string[] = [];
  const say = (input: readonly T[], what: string, is: readonly Value[], should: readonly Value[]): void => {
    if (is.length !== should.length || is.some((value, i) => value !== should[i]))
      found.push(`${JSON.stringify(input)}: ${what} is ${JSON.stringify(is)}, not ${JSON.stringify(should)}`);
  };
  const capture = [...new Set([...variables.values()].flatMap(({ places }) => places.map(({ site }) => site)))];
  for (let from = 0; from < inputs.length; from += 512) {
    const some = inputs.slice(from, from + 512);
    const { activations } = await model.run(
      some.map((input) => program.encode(input)),
      { capture, logits: false },
    );
    const outputs = await run(some);
    some.forEach((input, row) => {
      const reference = program.run(input);
      say(input, 'the output', outputs[row]!.output, reference.output);
      for (const variable of variables.values())
        for (const place of variable.places)
          say(
            input,
            `${variable.name} at ${place.site} (${place.encoding})`,
            readVariable(variable, place, activations.get(place.site)!, row, input.length),
            reference.variables[variable.name]!,
          );
    });
  }
  return found;
}
