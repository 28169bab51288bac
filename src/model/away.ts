/** Passes of a model that worker threads compute: each has some of the rows. */
import { resolve } from 'node:path';
import type { BackendName } from '../tensor/backend-names.js';
import type { Workers } from '../workers/pool.js';
import { Refused } from '../workers/pool.js';
import { float32 } from '../workers/views.js';
import type { EngineRequest, Found, Outputs } from './engine.js';
import type { TransformerConfig } from './formats/transformer/graph/config.js';
import type { Weights } from './formats/transformer/file/weights.js';
import type { Model, Values } from './model.js';
import { reaches, type Chunk } from './replacement.js';

/** How a worker makes a model: what can be sent, by a number that says which. */
export type Recipe = { readonly id: number } & (
  | {
      readonly kind: 'transformer';
      readonly config: TransformerConfig;
      readonly weights: Weights;
      readonly backend: BackendName;
    }
  | {
      readonly kind: 'path';
      readonly path: string;
      readonly options: object;
      /** what is at the path now may be another model */
      readonly fingerprint: string;
    }
);

/** What a worker is asked; what it answers is `RowsDone`. */
export interface RowsJob {
  readonly kind: 'rows';
  readonly model: number;
  /** where the worker has said that it has no such model */
  readonly recipe: Recipe | undefined;
  readonly request: Omit<EngineRequest, 'meanOf'>;
  /** of each change what its mean is, where it puts in one */
  readonly means: readonly (Values | undefined)[];
}

export type RowsDone =
  | { readonly unknown: true }
  | { readonly found: readonly (readonly [site: string, found: Found, placed: boolean])[] };

let made = 0;
export const recipeId = (): number => made++;

/** Backends of one thread, whose rows come out the same to the bit whatever is computed beside them. The others use all cores by themselves. */
export const runsInWorkers = (name: string): boolean => ['wasm', 'cpu', 'onnxruntime'].includes(name);

/** Of a model that was loaded with options that can be sent; none where another thread gains nothing, or could not make it. */
export function recipeByPath(model: Model, path: string, options: object): Recipe | undefined {
  if (!runsInWorkers(model.backend.name)) return undefined;
  // inputs arrive as tokens
  const {
    tokenizer: _1,
    backend: _2,
    ...rest
  } = options as { readonly tokenizer?: unknown; readonly backend?: unknown };
  const { name } = model.backend;
  try {
    return {
      id: recipeId(),
      kind: 'path',
      path: resolve(path),
      options: structuredClone(name === 'onnxruntime' ? rest : { ...rest, backend: name }),
      fingerprint: model.fingerprint,
    };
  } catch {
    return undefined;
  }
}

/** Rows of a part, at least: fewer take as long to send as to compute, and some kernels round a single row otherwise than many. */
const LEAST = 16;

/** So many rows, `atOnce` at a time. */
export const chunksOf = (rows: number, atOnce: number): Chunk[] =>
  Array.from({ length: Math.ceil(rows / atOnce) }, (_, i) => ({
    from: i * atOnce,
    to: Math.min(rows, (i + 1) * atOnce),
  }));

/** What each worker computes: of several chunks those that there are, so that they are the same as without workers; of a single one a part each. */
export function partsFor(rows: number, atOnce: number, workers: number): Chunk[][] {
  const chunks = chunksOf(rows, atOnce);
  const parts = chunks.length > 1 ? chunks : chunksOf(rows, Math.max(LEAST, Math.ceil(rows / workers)));
  // no part of a few rows
  const last = parts.at(-1)!;
  if (chunks.length === 1 && parts.length > 1 && last.to - last.from < LEAST)
    parts.splice(-2, 2, { from: parts.at(-2)!.from, to: last.to });
  const each = Math.ceil(parts.length / workers);
  return Array.from({ length: Math.ceil(parts.length / each) }, (_, i) => parts.slice(i * each, (i + 1) * each));
}

/**
 * Computes a batch in parts, each in a thread of its own. The thread of a part is always the same, so that it finds the layers that it kept.
 * @param to where chunks go: `here` computes one in this thread, which is done where a worker could not, and meets the error that it met
 */
export async function computeAway(
  workers: Workers,
  recipe: Recipe,
  { meanOf, ...asked }: Omit<EngineRequest, 'chunk'>,
  parts: readonly (readonly Chunk[])[],
  to: { readonly outputs: (chunk: Chunk) => Outputs; readonly here: (chunk: Chunk) => Promise<void> },
): Promise<void> {
  const one = async (at: number, chunk: Chunk): Promise<void> => {
    const means = asked.changes.map((change) =>
      change.by.kind === 'mean' && reaches(change, chunk) ? meanOf(change) : undefined,
    );
    const job: RowsJob = { kind: 'rows', model: recipe.id, recipe: undefined, request: { ...asked, chunk }, means };
    let done = (await workers.run(at, job)) as RowsDone;
    if ('unknown' in done) done = (await workers.run(at, { ...job, recipe })) as RowsDone;
    if ('unknown' in done) throw new Refused('the worker did not take the model');
    const outputs = to.outputs(chunk);
    for (const [site, { shape, data }, placed] of done.found) {
      const values = float32(data);
      if (placed) outputs.place(site, shape.slice(1)).set(values);
      else outputs.give(site, { shape, data: values });
    }
  };
  const refused = new Set<Chunk>();
  await Promise.all(
    parts.map(async (part, at) => {
      for (const chunk of part)
        try {
          await one(at, chunk);
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
          refused.add(chunk);
        }
    }),
  );
  for (const chunk of [...refused].toSorted((a, b) => a.from - b.from)) await to.here(chunk);
}
