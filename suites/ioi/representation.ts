/** Untouched models: the residual stream after every layer at the last position, and what it says of two of them. */
import { debiasedCka, linearCka, measures } from '../../src/measure/index.js';
import type { Model } from '../../src/model/model.js';
import { featuresOf } from '../../src/representation/capture.js';
import { addGrams, gramPieces, subsetInputs, type Gram } from '../../src/representation/gram.js';
import { inTurns } from '../../src/signal.js';
import { runExamples } from '../../src/task/run.js';
import type { Examples, Task } from '../../src/task/task.js';
import { orders, type Prompt } from './prompts.js';
import type { PairResult } from './result.js';
import { TEMPLATES } from './words.js';

export interface Represented {
  readonly sites: readonly { readonly name: string; readonly gram: Gram }[];
  readonly all: Gram;
}

/** A Gram over the prompts of each site after a layer. */
export async function represented(
  model: Model,
  task: Task<Prompt>,
  examples: Examples<Prompt>,
  signal: AbortSignal | undefined,
): Promise<Represented> {
  // in front of the first layer every prompt ends alike
  const names = model.representationSites.slice(1);
  const { batches } = await runExamples(model, task, examples, { capture: names, signal });
  const sites: { name: string; gram: Gram }[] = [];
  for (const name of names) {
    const { data, shape } = featuresOf(
      model.sites.find((site) => site.name === name)!,
      batches,
      'last',
    );
    sites.push({ name, gram: await inTurns(gramPieces({ data, shape }, { where: name, constant: 'zero' }), signal) });
  }
  return { sites, all: addGrams(sites.map(({ gram }) => gram)) };
}

/** Kinds of prompts, and where those of each stand. */
export function kindsOf(prompts: readonly Prompt[]): { readonly kind: string; readonly at: readonly number[] }[] {
  const where = (of: (prompt: Prompt) => boolean): number[] => prompts.flatMap((one, i) => (of(one) ? [i] : []));
  return [
    ...orders.map((order) => ({ kind: order as string, at: where((prompt) => prompt.order === order) })),
    ...TEMPLATES.map((kind, t) => ({ kind: kind as string, at: where(({ template }) => template === t) })),
  ].filter(({ at }) => at.length > 0);
}

/** Prompts without which a kind has no CKA to speak of. */
const FEWEST = 8;

export async function untouched(
  [a, b]: readonly [Represented, Represented],
  prompts: readonly Prompt[],
  signal: AbortSignal | undefined,
): Promise<Pick<PairResult, 'code' | 'cka' | 'sites' | 'kinds'>> {
  const options = { seed: 0, splits: 1, distinct: true, ...(signal && { signal }) };
  const distance = async (x: Gram, y: Gram): Promise<number> =>
    (await measures.ridge.distances([x, y], options)).data[1]!;
  const few = Math.min(a.sites.length, b.sites.length);
  const at = (sites: Represented['sites'], i: number) => sites[Math.round(((i + 1) * sites.length) / few) - 1]!;
  const sites: PairResult['sites'] = [];
  for (let i = 0; i < few; i++) {
    const [row, column] = [at(a.sites, i), at(b.sites, i)];
    sites.push({ row: row.name, column: column.name, distance: await distance(row.gram, column.gram) });
  }
  const kinds: PairResult['kinds'] = [];
  for (const { kind, at: some } of kindsOf(prompts)) {
    if (some.length < FEWEST) continue;
    const grams = [a.all, b.all].map((gram) => subsetInputs(gram, some));
    kinds.push({ kind, prompts: some.length, cka: (await debiasedCka(grams, options))[1]! });
  }
  const whole = await distance(a.all, b.all);
  return {
    code: Math.sqrt(Math.max(0, 1 - whole ** 2)),
    cka: (await linearCka([a.all, b.all], options))[1]!,
    sites,
    kinds,
  };
}
