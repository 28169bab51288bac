/** The trained models of the calibration: packed files, many runs of one recipe in each. How they were made is in train/. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FileError, OptionError } from '../../src/errors.js';
import { readSafetensors, type StoredTensor } from '../../src/io/safetensors.js';
import { transformer, type Transformer } from '../../src/model/formats/transformer/run/model.js';
import type { TransformerConfigInput } from '../../src/model/formats/transformer/graph/config.js';

/** How a model was trained; train/train.py says more of each. */
export const recipes = [
  'learned',
  'constant',
  'sort',
  'count',
  'rank',
  'finetuned',
  'finetuned-medium',
  'finetuned-heavy',
  'finetuned-heaviest',
  'distilled',
  'imitating',
  'shuffled',
  'another',
] as const;
export type Recipe = (typeof recipes)[number];

/** The runs of one recipe. */
export interface Runs {
  readonly config: TransformerConfigInput;
  /** of each run its place in the recipe's order: a copy and what it was made from share theirs */
  readonly numbers: readonly number[];
  /** of each run, accuracy with every attention pattern held at its mean over the inputs; a constant answer gets 0.808 */
  readonly held: readonly number[];
  /** of the run at a place, in TransformerLens's names and shapes; taken out of the pack when asked for, as few of its runs are */
  readonly weights: (at: number) => ReadonlyMap<string, StoredTensor>;
}

const SCALE = '.scale';
/** Half way between a constant answer, right on 505 of 625 inputs, and none wrong. */
const NEEDED = 0.904;

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** One run of a packed tensor [runs, ...], times its scales [runs, last axis] where it has any. */
function slice({ shape, data }: StoredTensor, scale: StoredTensor | undefined, run: number): StoredTensor {
  const own = shape.slice(1);
  const size = sizeOf(own);
  const values = data.slice(run * size, (run + 1) * size);
  if (scale !== undefined) {
    const last = own.at(-1)!;
    for (let i = 0; i < size; i++) values[i]! *= scale.data[run * last + (i % last)]!;
  }
  return { shape: own, data: values };
}

/**
 * Reads a packed file: weights of eight bits with a scale for each run and each index of the last axis, vectors of sixteen, tensors that are zero in all runs named only.
 * @throws FileError
 */
export async function readRuns(path: string): Promise<Runs> {
  const { tensors, metadata } = await readSafetensors(path);
  const { numbers: said, zero, held } = metadata;
  if (said === undefined || zero === undefined || held === undefined)
    throw new FileError({
      what: 'the file is not a pack of runs: its metadata lack numbers, zero or held',
      where: path,
      hint: 'make it again with train/train.py',
    });
  const config = JSON.parse(await readFile(path.replace(/\.safetensors$/, '.json'), 'utf8')) as TransformerConfigInput;
  const numbers = JSON.parse(said) as number[];
  const zeros = Object.entries(JSON.parse(zero) as Record<string, number[]>);
  const weights = (run: number): ReadonlyMap<string, StoredTensor> => {
    const own = new Map<string, StoredTensor>();
    for (const [name, tensor] of tensors)
      if (!name.endsWith(SCALE)) own.set(name, slice(tensor, tensors.get(`${name}${SCALE}`), run));
    for (const [name, shape] of zeros) own.set(name, { shape, data: new Float32Array(sizeOf(shape)) });
    return own;
  };
  return { config, numbers, held: JSON.parse(held) as number[], weights };
}

/** All recipes. Models are made when first asked for and kept until `dispose`. */
export class Zoo {
  private readonly models = new Map<string, Promise<Transformer>>();

  private constructor(private readonly runs: ReadonlyMap<Recipe, Runs>) {}

  /** @param folder of the packed files */
  static async open(folder: string): Promise<Zoo> {
    return new Zoo(
      new Map(
        await Promise.all(
          recipes.map(async (recipe) => [recipe, await readRuns(join(folder, `${recipe}.safetensors`))] as const),
        ),
      ),
    );
  }

  /** The numbers of a recipe's runs. */
  numbers(recipe: Recipe): readonly number[] {
    return this.runs.get(recipe)!.numbers;
  }

  /** Those runs of a recipe that need their attention: without it they lose more than half of what they have over a constant answer. */
  needing(recipe: Recipe): readonly number[] {
    const { numbers, held } = this.runs.get(recipe)!;
    return numbers.filter((_, at) => held[at]! < NEEDED);
  }

  /**
   * A run by its number. The zoo owns it: do not dispose of it.
   * @throws OptionError where there is none
   */
  model(recipe: Recipe, number: number): Promise<Transformer> {
    const { config, numbers, weights } = this.runs.get(recipe)!;
    const at = numbers.indexOf(number);
    if (at < 0)
      throw new OptionError({
        what: `${recipe} has no run ${number}`,
        where: 'zoo',
        hint: `its runs are ${numbers.join(', ')}`,
      });
    const name = `${recipe} ${number}`;
    let found = this.models.get(name);
    if (found === undefined)
      this.models.set(name, (found = transformer(config, weights(at), { name, backend: 'wasm', copy: false })));
    return found;
  }

  async dispose(): Promise<void> {
    for (const model of this.models.values()) (await model).dispose();
    this.models.clear();
  }
}
