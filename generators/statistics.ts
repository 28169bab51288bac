/** What an arbitrary draws: labels for `fc.statistics`, and the share that counts. */
import * as fc from 'fast-check';
import { isTensorValue, isTokens, sizeInWords, type ModelInput } from '../src/model/input.js';
import type { ComponentSet } from './_internals/component-set.js';
import type { ExamplePair } from './_internals/example-pair.js';
import type { GeneratedImplementation } from './_internals/generated-implementation.js';
import type { Example } from './inputs.js';
import type { TemplatedText } from './template.js';

/** What the classifiers know: values of this package's arbitraries, and whatever a model takes. */
export type Classified =
  | GeneratedImplementation
  | ComponentSet
  | ExamplePair<unknown>
  | Example<unknown>
  | TemplatedText
  | ModelInput;

const has = <K extends string>(value: object, key: K): value is object & Record<K, unknown> => key in value;
const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`;

/** Size as a label: `3 components`, `5 tokens`, `shape [28, 28]`, `9 words`. For `fc.statistics(arbitrary, sizeOf)`. */
export function sizeOf(value: Classified): string {
  if (isTokens(value as ModelInput) || isTensorValue(value as ModelInput)) return sizeInWords(value as ModelInput);
  if (has(value, 'components')) return count((value.components as readonly unknown[]).length, 'component');
  if (has(value, 'base')) return sizeInWords((value as ExamplePair<unknown>).encoded.base);
  if (has(value, 'encoded')) return sizeInWords(value.encoded as ModelInput);
  if (has(value, 'text') && typeof value.text === 'string') return count(value.text.split(/\s+/).length, 'word');
  return sizeInWords(value as ModelInput);
}

/**
 * Kinds as labels. Of an implementation what it is intervened with, and on what: `resample from one input`, `head`; of a set the kinds of its components;
 * of anything else `pair`, `tokens`, `tensor`, `text` or `named`.
 */
export function kindsOf(value: Classified): string[] {
  if (isTokens(value as ModelInput)) return ['tokens'];
  if (isTensorValue(value as ModelInput)) return ['tensor'];
  if (has(value, 'components')) {
    const kinds = [...new Set((value.components as readonly { readonly kind: string }[]).map(({ kind }) => kind))];
    if (!has(value, 'by')) return kinds;
    const { by, from } = value as unknown as GeneratedImplementation;
    const how = { input: 'one input', shift: 'other examples', drawn: 'a draw' };
    return [from ? `${by} from ${how[from.kind]}` : by, ...kinds];
  }
  if (has(value, 'base')) return ['pair'];
  if (has(value, 'encoded')) return kindsOf(value.encoded as ModelInput);
  return has(value, 'text') ? ['text'] : ['named'];
}

/** How many values were accepted, in all and by class. */
export interface Acceptance {
  readonly accepted: number;
  readonly drawn: number;
  /** accepted / drawn */
  readonly share: number;
  /** by label, where values are classified */
  readonly by: Readonly<Record<string, { readonly accepted: number; readonly drawn: number }>>;
}

/**
 * How many of the values drawn are accepted: of implementations, those that preserve behaviour.
 *
 *     await acceptance(implementations(model, { on, outside }), async (one) => on.meets(await one.score()), { numRuns: 100 }, sizeOf)
 *
 * @param parameters as `fc.check`'s; `numRuns` values are drawn, accepted or not
 * @param classify labels of a value
 * @throws what `accepted` throws
 */
export async function acceptance<T>(
  arbitrary: fc.Arbitrary<T>,
  accepted: (value: T) => Promise<boolean>,
  parameters: fc.Parameters<[T]> = {},
  classify: (value: T) => string | string[] = () => [],
): Promise<Acceptance> {
  const by: Record<string, { accepted: number; drawn: number }> = {};
  const total = { accepted: 0, drawn: 0 };
  const all = fc.asyncProperty(arbitrary, async (value) => {
    const holds = await accepted(value);
    for (const tally of [
      total,
      ...[...new Set([classify(value)].flat())].map((label) => (by[label] ??= { accepted: 0, drawn: 0 })),
    ]) {
      tally.drawn++;
      if (holds) tally.accepted++;
    }
  });
  // what throws is no value to be shrunk
  await fc.assert(all, { endOnFailure: true, ...parameters });
  return { ...total, share: total.accepted / total.drawn, by };
}
