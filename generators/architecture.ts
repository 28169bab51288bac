import { OptionError } from '../src/errors.js';
import { parseConfig, type TransformerConfigInput } from '../src/model/formats/transformer/graph/config.js';
import {
  transformer,
  type Transformer,
  type TransformerOptions,
} from '../src/model/formats/transformer/run/transformer.js';
import { isBias, weightShapes, type Weights } from '../src/model/formats/transformer/file/weights.js';
import { checkKeys } from '../src/options.js';
import { biasChoices, type Biases } from './_internals/weights/choices.js';
import { printed } from './_internals/printed.js';
import { randomWeights } from './_internals/weights/random.js';
import { readPlain } from './_internals/weights/read.js';

/** An architecture as plain data: what it prints as. */
export interface PlainArchitecture {
  /** in TransformerLens's words, with nothing in it that does not matter */
  readonly config: TransformerConfigInput;
  /** of the weights */
  readonly seed: number;
  readonly biases: Biases;
}

/** A transformer's config with random weights. Prints itself as JSON that `architecture` reads. */
export interface Architecture extends PlainArchitecture {
  /** the weights, drawn anew at each call, always the same */
  weights(): Weights;
  /** the model; the caller disposes of it */
  build(options?: TransformerOptions): Promise<Transformer>;
  toString(): string;
}
export const plains = new WeakMap<object, PlainArchitecture>();

/** Weights that are left out, by name without the layer. */
function leftOut({ config, biases }: PlainArchitecture): string[] {
  const checked = parseConfig(config);
  const names = [...new Set([...weightShapes(checked).keys()].map((name) => name.replace(/^blocks\.\d+\./, '')))];
  const isOut = (name: string): boolean =>
    isBias(name) && (biases === 'none' || (biases === 'attention inputs' && !/^attn\._?b_[QKV]$/.test(name)));
  return names.filter((name) => isOut(name) || (name === 'unembed.W_U' && checked.tie_word_embeddings));
}

/**
 * The architecture that plain data or its JSON describes: what an `Architecture` prints.
 * @throws OptionError, ModelError for a config that is not supported
 */
export function architecture(from: PlainArchitecture | string): Architecture {
  const plain = readPlain(from, 'architecture');
  checkKeys(plain, ['config', 'seed', 'biases', 'weights', 'build'], 'architecture');
  const { config, seed, biases } = plain;
  const parsed = parseConfig(config, 'config of the architecture');
  if (!Number.isInteger(seed))
    throw new OptionError({ what: `the seed is ${String(seed)}`, where: 'architecture', hint: 'give an integer' });
  if (!biasChoices.includes(biases))
    throw new OptionError({
      what: `biases is ${JSON.stringify(biases)}`,
      where: 'architecture',
      hint: `give one of ${biasChoices.join(', ')}`,
    });
  const weights = (): Weights => randomWeights(parsed, seed, leftOut(plain));
  const value = printed(
    {
      config,
      seed,
      biases,
      weights,
      build: (options: TransformerOptions = {}) =>
        transformer(config, weights(), { ...options, name: options.name ?? 'random transformer' }),
    },
    () => JSON.stringify({ config, seed, biases }),
  );
  plains.set(value, { config, seed, biases });
  return value;
}
