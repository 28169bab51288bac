/** The suite: a matrix for each setting, then dose and response. What is done already is kept, and never done again. */
import { isCongruityError } from '../../src/errors.js';
import type { Gram } from '../../src/representation/gram.js';
import { countRows } from '../../src/rows.js';
import { checkSignal } from '../../src/signal.js';
import type { Examples, Task } from '../../src/task/task.js';
import { timing } from '../stopwatch.js';
import { compared } from './compare.js';
import type { SuiteEstimate } from '../suite.js';
import { dosed, doses } from './dose.js';
import { estimateOf } from './estimate.js';
import { compiledSettings, trainedSettings, type CompiledSetting, type Setting } from './implementations.js';
import { permutationAlgorithms, type PermutationAlgorithm } from './programs.js';
import { represented } from './representation.js';
import { version } from '../../src/version.js';
import { keepResult, resumed, sameMaterial } from '../kept-result.js';
import { resultSchema, type Matrix, type Result, type Settings } from './result.js';
import { permutationTask, type Input } from './task.js';
import { Zoo } from './zoo.js';

export interface RunOptions {
  /** tokens of an input, 3 to 5 */
  readonly n: number;
  /** those that are compared. @defaultValue all six */
  readonly algorithms?: readonly PermutationAlgorithm[] | undefined;
  /** models of an algorithm in each compiled setting, half of them for its row and half for its column */
  readonly models: number;
  /** the result is read from here and kept here */
  readonly path: string;
  /** folder of trained models */
  readonly zoo: string | undefined;
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
  /** called with the share done and what is being done */
  readonly progress: (done: number, doing: string) => void;
  /** called before the work begins, if there was none before */
  readonly estimated: (estimate: SuiteEstimate) => void;
  /** called in its place where an earlier result is gone on from */
  readonly resumed: () => void;
}

interface Work {
  readonly task: Task<Input>;
  readonly examples: Examples<Input>;
  readonly undrawn: number;
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
}

/** The models of one setting as Gram matrices, made when they are first asked for. */
class Grams {
  private readonly known = new Map<PermutationAlgorithm, Promise<readonly [readonly Gram[], readonly Gram[]]>>();

  constructor(
    private readonly setting: Setting,
    private readonly matrix: Matrix,
    private readonly models: number,
    private readonly work: Work,
  ) {}

  /** Those of an algorithm's row, and those of its column: different models. */
  of(algorithm: PermutationAlgorithm): Promise<readonly [readonly Gram[], readonly Gram[]]> {
    let found = this.known.get(algorithm);
    if (found === undefined) this.known.set(algorithm, (found = this.make(algorithm)));
    return found;
  }

  private async make(algorithm: PermutationAlgorithm): Promise<readonly [readonly Gram[], readonly Gram[]]> {
    const { task, examples, signal } = this.work;
    const count = Math.min(this.setting.count(algorithm), this.models);
    const grams: Gram[] = [];
    let least = 1;
    let leftOut = 0;
    for (let k = 0; k < count; k++) {
      checkSignal(signal);
      const model = await this.setting.model(algorithm, k);
      try {
        const { gram, accuracy } = await represented(model, task, examples, signal);
        if (task.meets(accuracy)) {
          grams.push(gram);
          least = Math.min(least, accuracy);
        } else leftOut++;
      } finally {
        model.dispose();
      }
    }
    this.matrix.accuracy[algorithm] = least;
    this.matrix.leftOut[algorithm] = leftOut;
    const half = Math.floor(grams.length / 2);
    return [grams.slice(0, half), grams.slice(half)];
  }
}

/**
 * Runs what is left to do. Ends early, with what there is, where the signal aborts.
 * @throws FileError for a result that is damaged, or of other settings or models; OptionError, TaskError
 */
export async function runPermutation(options: RunOptions): Promise<Result> {
  const { n, models, algorithms = permutationAlgorithms, path, seed, progress } = options;
  const signal = options.signal ?? new AbortController().signal;
  const task = permutationTask(n, seed);
  const examples = task.examples(task.size!, seed);
  const work: Work = { task, examples, undrawn: 1 - task.size! / n ** n, seed, signal };
  const settings = { n, seed, models, algorithms: [...algorithms], trained: options.zoo !== undefined };
  const before = await resumed(path, resultSchema, settings);
  const [plain, distracted] = compiledSettings(n, seed);
  const zoo = options.zoo === undefined ? undefined : await Zoo.open(options.zoo, n);
  const contents = zoo?.contents() ?? {};
  if (before)
    sameMaterial(path, { models: before.contents, made: before.inputs }, { models: contents, made: task.size! });
  const trained = zoo === undefined ? [] : trainedSettings(zoo);
  const all: readonly Setting[] = [plain, distracted, ...trained];
  const planned = { settings: all, dosed: distracted, algorithms, models };
  const result: Result = before ?? {
    suite: 'n-permutation',
    version,
    settings,
    inputs: task.size!,
    contents,
    matrices: [],
    doses: [],
    estimate: await estimateOf(planned, work),
    rows: 0,
    seconds: 0,
    cpuSeconds: 0,
    complete: false,
  };
  if (before) options.resumed();
  else options.estimated(result.estimate);
  const total = all.length * algorithms.length ** 2 + algorithms.length * doses.length;
  const done = (): number => result.matrices.reduce((sum, { cells }) => sum + cells.length, result.doses.length);
  const times = timing(result);
  const counted = countRows(signal, () => undefined);
  const rows = result.rows;
  const ends = (): void => {
    times();
    result.rows = rows + counted.count;
  };
  const keep = (doing: string): void => {
    ends();
    keepResult(path, result);
    progress(done() / total, doing);
  };
  try {
    for (const setting of all)
      await fillMatrix(setting, matrixOf(result, setting), settings, work, () => keep(setting.name));
    await fillDoses(distracted, result, work, () => keep('dose and response'));
    result.complete = true;
  } catch (error) {
    if (!(isCongruityError(error) && signal.aborted)) throw error;
  }
  ends();
  keepResult(path, result);
  return result;
}

function matrixOf(result: Result, { name, description }: Setting): Matrix {
  const known = result.matrices.find(({ setting }) => setting === name);
  if (known) return known;
  const made: Matrix = { setting: name, description, accuracy: {}, leftOut: {}, cells: [] };
  result.matrices.push(made);
  return made;
}

/** Compares what is not compared yet. */
async function fillMatrix(
  setting: Setting,
  matrix: Matrix,
  { models, algorithms }: Settings,
  work: Work,
  keep: () => void,
): Promise<void> {
  const grams = new Grams(setting, matrix, models, work);
  for (const row of algorithms)
    for (const column of algorithms) {
      if (matrix.cells.some((cell) => cell.row === row && cell.column === column)) continue;
      const sides = [(await grams.of(row))[0], (await grams.of(column))[1]] as const;
      matrix.cells.push({
        row,
        column,
        ...(await compared(sides, `${setting.name}: ${row} against ${column}`, work)),
      });
      keep();
    }
}

/** Tries the doses that are not tried yet. */
async function fillDoses(setting: CompiledSetting, result: Result, work: Work, keep: () => void): Promise<void> {
  const { models, algorithms } = result.settings;
  const numbers = Array.from({ length: models }, (_, i) => i);
  const half = Math.floor(models / 2);
  for (const algorithm of algorithms) {
    const left = doses.filter((k) => !result.doses.some((dose) => dose.algorithm === algorithm && dose.k === k));
    if (left.length === 0) continue;
    const [untouched] = await dosed(setting, algorithm, numbers.slice(0, half), [0], work);
    const changed = await dosed(setting, algorithm, numbers.slice(half), left, work);
    for (const [i, k] of left.entries()) {
      const { grams, accuracy, circuit } = changed[i]!;
      const { outcome, congruity, strictScore, T } = await compared(
        [untouched!.grams, grams],
        `${algorithm}, dose ${k}`,
        work,
      );
      result.doses.push({ algorithm, k, circuit, accuracy, outcome, congruity, strictScore, T });
      keep();
    }
  }
}
