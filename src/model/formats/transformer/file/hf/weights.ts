/** A checkpoint's tensors, one after the other, as TransformerLens has them. */
import { join } from 'node:path';
import { FileError, ModelError } from '../../../../../errors.js';
import { nearest } from '../../../../../options.js';
import type { StoredTensor } from '../../../../../io/safetensors.js';
import { entriesOf } from '../../../../../shape.js';
import type { Weights } from '../weights.js';
import type { HuggingFaceConfig } from './config.js';
import { checkpoint, type Checkpoint } from './layouts.js';
import { openShard, storedTensors, type ShardTensor } from './shards.js';

/** Computed with in float32, to which F64 is rounded. */
const floats = ['F32', 'F16', 'BF16', 'F64'];

/** A tensor to read: its own name and the one without prefix. */
interface Wanted {
  readonly stored: string;
  readonly name: string;
}

const list = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

/** Which stored tensors are wanted. Checks names, types and shapes before anything is read. */
function choose(
  stored: ReadonlyMap<string, ShardTensor>,
  { rules, prefix, heads, buffers }: Checkpoint,
  tied: boolean,
  modelType: string,
  where: string,
): Wanted[] {
  const fail = (what: string, hint = 'the config and the weights must be of the same model'): never => {
    throw new ModelError({ what, where, hint });
  };
  const wanted = new Map<string, Wanted>();
  for (const [own, { dtype, shape, file }] of stored) {
    const name = own.startsWith(prefix) ? own.slice(prefix.length) : own;
    if (buffers.test(name)) continue;
    const rule = rules.get(name);
    if (rule === undefined) {
      fail(
        `the weights hold ${JSON.stringify(own)} of shape ${list(shape)}, which a ${modelType} model with this config does not have; the nearest it has is ${nearest(name, [...rules.keys()])}`,
      );
    } else {
      if (wanted.has(name))
        fail(
          `the weights hold ${JSON.stringify(own)} and ${JSON.stringify(wanted.get(name)!.stored)}, which are the same tensor`,
        );
      if (!floats.includes(dtype))
        fail(
          `${own} in ${file} has dtype ${dtype}, not one of ${floats.join(', ')}`,
          'use the model before it was quantised',
        );
      if (shape.length !== rule.shape.length || shape.some((count, axis) => count !== rule.shape[axis]))
        fail(`${own} in ${file} has shape ${list(shape)}, but the config calls for ${list(rule.shape)}`);
      wanted.set(name, { stored: own, name });
    }
  }
  for (const [name, { shape }] of rules)
    if (!wanted.has(name) && !heads.includes(name)) fail(`the weights lack ${name} of shape ${list(shape)}`);
  const present = heads.filter((name) => wanted.has(name));
  if (present.length > 1) fail(`the weights hold ${present.join(' and ')}: two unembeddings`);
  if (present.length === 0 && !tied)
    fail(
      `the weights lack ${heads.join(' or ')}, and tie_word_embeddings is not true`,
      'use the checkpoint of the whole language model',
    );
  return [...wanted.values()];
}

/** @throws ModelError where an unembedding that is tied differs from the embedding: which of the two is meant? */
function checkTied(head: Float32Array, embedding: Float32Array, name: string, where: string): void {
  for (let i = 0; i < head.length; i++)
    if (head[i] !== embedding[i]) {
      throw new ModelError({
        what: `tie_word_embeddings is true, but ${name} and the embedding differ at ${i}: ${head[i]} and ${embedding[i]}`,
        where,
        hint: 'set tie_word_embeddings to false where the model has two tables, or leave one out',
      });
    }
}

/**
 * Reads the weights of a checkpoint. At any time one stored tensor is in memory besides what has been converted.
 * @param maxBytes the most that the weights may take as float32
 * @throws FileError where files are missing, damaged, hostile or too large
 * @throws ModelError where they contradict the config
 */
export async function readWeights(
  folder: string,
  { layout, dimensions, modelType }: HuggingFaceConfig,
  maxBytes: number,
  file?: string,
): Promise<Weights> {
  const stored = await storedTensors(folder, file);
  const known = checkpoint(layout, dimensions);
  const { rules, heads, embedding } = known;
  const chosen = choose(stored, known, dimensions.tied, modelType, folder);
  const bytes = chosen.reduce((sum, { name }) => sum + 4 * entriesOf(rules.get(name)!.shape), 0);
  if (bytes > maxBytes)
    throw new FileError({
      what: `the weights take ${bytes} bytes as float32, more than the ${maxBytes} that are allowed`,
      where: folder,
      hint: 'if there is memory for them, raise maxBytes',
    });

  const weights = new Map<string, StoredTensor>();
  const read = async (these: readonly Wanted[], use: (wanted: Wanted, data: Float32Array) => void): Promise<void> => {
    for (const file of new Set(these.map((wanted) => stored.get(wanted.stored)!.file))) {
      const shard = await openShard(folder, file);
      try {
        for (const wanted of these) {
          const { file: own, shape } = stored.get(wanted.stored)!;
          if (own !== file) continue;
          const tensor = await shard.read(wanted.stored);
          if (list(tensor.shape) !== list(shape))
            throw new FileError({
              what: `tensor ${wanted.stored} changed its shape while the checkpoint was read`,
              where: join(folder, file),
              hint: 'load it again',
            });
          use(wanted, tensor.data);
        }
      } finally {
        await shard.close();
      }
    }
  };
  const isTiedHead = ({ name }: Wanted): boolean => dimensions.tied && heads.includes(name);
  await read(
    chosen.filter((wanted) => !isTiedHead(wanted)),
    ({ name }, data) =>
      rules
        .get(name)!
        .to(data)
        .forEach(([own, tensor]) => weights.set(own, tensor)),
  );
  // a stored copy of the embedding is only looked at
  await read(chosen.filter(isTiedHead), (wanted, data) =>
    checkTied(data, weights.get('embed.W_E')!.data, wanted.stored, `${folder} (embedding ${embedding})`),
  );
  return weights;
}
