/** Trained models of the suite: a packed file for each setting, made by `lab/n-permutation/train`. */
import { existsSync } from 'node:fs';
import * as z from 'zod';
import { FileError, OptionError } from '../../src/errors.js';
import { fileIn } from '../../src/io/folder.js';
import { parseJson } from '../../src/io/json.js';
import { readSafetensors, type StoredTensor } from '../../src/io/safetensors.js';
import { parseConfig } from '../../src/model/formats/transformer/graph/config.js';
import { fingerprint, weightShapes } from '../../src/model/formats/transformer/file/weights.js';
import { transformer, type Transformer } from '../../src/model/formats/transformer/run/model.js';
import { entriesOf } from '../../src/shape.js';
import { contentOf } from '../kept-result.js';
import { permutationAlgorithms } from './programs.js';

/** The settings of the paper, by the names of their files: what varies from run to run, beside the seed of the weights. */
const files = {
  weights: 'the same architecture and alignment',
  alignment: 'a random alignment, the same architecture',
  architecture: 'a random architecture, the same alignment',
  both: 'a random architecture and a random alignment',
} as const;

const hint = 'name a folder that lab/n-permutation/train/train.py has filled, or leave --models out';

const size = z.int().min(1).max(1024);
const counts = z.tuple([z.int(), z.int(), z.int(), z.int()]);
const runSchema = z.strictObject({
  algorithm: z.enum(permutationAlgorithms),
  seed: z.int(),
  size: z.strictObject({ n_layers: size, d_model: size, n_heads: size, d_head: size, d_mlp: size }),
  /** where the variables were put */
  alignment: z.record(
    z.string(),
    z.array(z.strictObject({ site: z.string(), at: z.strictObject({ feature: z.array(z.int()) }) })),
  ),
  /** as measured when it was trained: on all inputs, permutations and others counting one half each */
  accuracy: z.number(),
  /** interchange accuracy of the earlier variable and of the later one, and strict accuracy, at random positions */
  first: z.number(),
  second: z.number(),
  strict: z.number(),
  /** how many of 256 exchanges were right: of the earlier variable, of the later one, of what holds none at the site of the earlier one and at that of the later one */
  counted: z.strictObject({ all: counts, two: counts }),
});

export interface Run extends z.infer<typeof runSchema> {
  readonly weights: ReadonlyMap<string, StoredTensor>;
}

export interface TrainedSetting {
  readonly name: string;
  readonly description: string;
  readonly runs: readonly Run[];
}

const configOf = ({ size }: Pick<Run, 'size'>, n: number) =>
  parseConfig({
    ...size,
    n_ctx: n + 1,
    d_vocab: n + 1,
    d_vocab_out: 2,
    act_fn: 'relu',
    normalization_type: null,
    attention_dir: 'bidirectional',
    positional_embedding_type: 'standard',
  });

const damaged = (what: string, where: string): never => {
  throw new FileError({ what, where, hint: 'make it again with lab/n-permutation/train/train.py' });
};

/** Walks over tensors in which those of all runs stand one after the other. */
class Walk {
  private readonly at = new Map<string, number>();

  constructor(
    private readonly tensors: ReadonlyMap<string, StoredTensor>,
    private readonly where: string,
  ) {}

  private take(name: string, count: number): Float32Array {
    const from = this.at.get(name) ?? 0;
    const found = this.tensors.get(name)?.data.slice(from, from + count);
    if (found?.length !== count) damaged(`${name} ends before the runs do`, this.where);
    this.at.set(name, from + count);
    return found!;
  }

  /** The next run's tensor: whole numbers times the scale of their last index, or numbers as they are. */
  next(name: string, shape: readonly number[]): StoredTensor {
    const data = this.take(name, entriesOf(shape));
    if (this.tensors.has(`${name}.scale`)) {
      const last = shape.at(-1)!;
      const scale = this.take(`${name}.scale`, last);
      for (let i = 0; i < data.length; i++) data[i]! *= scale[i % last]!;
    }
    return { shape, data };
  }

  end(): void {
    for (const [name, { data }] of this.tensors)
      if ((this.at.get(name) ?? 0) !== data.length) damaged(`${name} goes on after the last run`, this.where);
  }
}

async function readRuns(path: string, n: number): Promise<Run[]> {
  const { tensors, metadata } = await readSafetensors(path);
  let given: unknown;
  try {
    given = parseJson(metadata['runs'] ?? '');
  } catch {
    damaged('its metadata have no list of runs', path);
  }
  const checked = z.array(runSchema).safeParse(given);
  if (!checked.success) return damaged(`its list of runs is not one: ${checked.error.issues[0]!.message}`, path);
  const tokens =
    (tensors.get('embed.W_E')?.data.length ?? 0) /
    checked.data.reduce((sum, { size: { d_model } }) => sum + d_model, 0);
  if (tokens !== n + 1)
    throw new OptionError({
      what: `its models take ${tokens - 1} different tokens, and the suite runs with ${n}`,
      where: path,
      hint: `train models for ${n} tokens, or leave --models out`,
    });
  const walk = new Walk(tensors, path);
  const runs = checked.data.map((run): Run => {
    const weights = new Map(
      [...weightShapes(configOf(run, n))]
        .filter(([name]) => tensors.has(name))
        .map(([name, shape]) => [name, walk.next(name, shape)]),
    );
    return { ...run, weights };
  });
  walk.end();
  return runs;
}

/** The packed files of a folder. */
export class Zoo {
  private constructor(
    readonly settings: readonly TrainedSetting[],
    private readonly n: number,
  ) {}

  /** @throws FileError where there is none, or one is damaged; OptionError for models of another vocabulary */
  static async open(folder: string, n: number): Promise<Zoo> {
    if (!existsSync(folder))
      throw new FileError({ what: 'there is no such folder of trained models', where: folder, hint });
    const settings: TrainedSetting[] = [];
    for (const [name, description] of Object.entries(files)) {
      const path = await fileIn(folder, `${name}.safetensors`);
      if (path !== undefined) settings.push({ name: `trained: ${name}`, description, runs: await readRuns(path, n) });
    }
    if (settings.length === 0)
      throw new FileError({
        what: `there is none of ${Object.keys(files)
          .map((name) => `${name}.safetensors`)
          .join(', ')}`,
        where: folder,
        hint,
      });
    return new Zoo(settings, n);
  }

  /** What each setting's models are told apart by: their weights. */
  contents(): Record<string, string> {
    return Object.fromEntries(
      this.settings.map(({ name, runs }) => [
        name,
        contentOf(runs.map((run) => [run.algorithm, fingerprint(configOf(run, this.n), run.weights)])),
      ]),
    );
  }

  model(run: Run): Promise<Transformer> {
    return transformer(configOf(run, this.n), run.weights, { name: `${run.algorithm}, run ${run.seed}`, copy: false });
  }
}
