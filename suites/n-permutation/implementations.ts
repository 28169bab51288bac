/** Where the models of a matrix come from. */
import * as fc from 'fast-check';
import { variations } from '../../generators/variations.js';
import type { Model } from '../../src/model/model.js';
import { compile } from '../../src/program/compile.js';
import type { Compilation } from '../../src/program/compilation.js';
import { random } from '../../src/random.js';
import { permutationPrograms, type PermutationAlgorithm } from './programs.js';
import type { Zoo } from './zoo.js';

/** A kind of implementations. */
export interface Setting {
  readonly name: string;
  /** what varies from one model of an algorithm to the next, in a sentence */
  readonly description: string;
  /** how many models of an algorithm there are; Infinity where they are made on demand */
  count(algorithm: PermutationAlgorithm): number;
  /** The k-th model of an algorithm. Whoever asks disposes of it. */
  model(algorithm: PermutationAlgorithm, k: number): Promise<Model & { dispose(): void }>;
}

/** Compiled from the programs, varied by `variations`. */
export interface CompiledSetting extends Setting {
  compilation(algorithm: PermutationAlgorithm, k: number): Promise<Compilation<number, boolean>>;
}

function compiled(name: string, description: string, maxDistractors: number, n: number, seed: number): CompiledSetting {
  const programs = permutationPrograms(n);
  const compilation = (algorithm: PermutationAlgorithm, k: number): Promise<Compilation<number, boolean>> => {
    const program = programs[algorithm];
    const [variation] = fc.sample(variations(program, { maxDistractors }), {
      numRuns: 1,
      seed: random(seed, `${name} ${algorithm} ${k}`).below(0x7fffffff),
    });
    return compile(program, { variation: variation! });
  };
  return {
    name,
    description,
    count: () => Infinity,
    compilation,
    model: async (algorithm, k) => (await compilation(algorithm, k)).model,
  };
}

/** The compiled settings, the one whose circuits are known to the last component first. */
export const compiledSettings = (n: number, seed: number): readonly [CompiledSetting, CompiledSetting] => [
  compiled('compiled', 'the program compiled: later blocks, larger sizes, other orders and units', 0, n, seed),
  compiled('compiled, with distractors', 'the same, and up to two other programs computed beside', 2, n, seed),
];

/** The settings of trained models in a folder. */
export const trainedSettings = (zoo: Zoo): Setting[] =>
  zoo.settings.map(({ name, description, runs }) => ({
    name,
    description,
    count: (algorithm) => runs.filter((run) => run.algorithm === algorithm).length,
    model: (algorithm, k) => zoo.model(runs.filter((run) => run.algorithm === algorithm)[k]!),
  }));
