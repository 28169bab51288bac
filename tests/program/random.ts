/** Random programs as plain data: drawn, built in the language, and evaluated by brute force, without the language. */
import * as fc from 'fast-check';
import { ProgramError } from '../../src/errors.js';
import type { Selector, Sequence } from '../../src/program/language/expressions.js';
import type { Value } from '../../src/program/language/value.js';
import { program, type Program } from '../../src/program/program.js';

type Compare = '==' | '<' | 'odd sum';
type PlainSelector =
  | { readonly all: true }
  | { readonly select: Compare; readonly key: number; readonly query: number }
  | { readonly not: PlainSelector }
  | { readonly and: readonly PlainSelector[] }
  | { readonly or: readonly PlainSelector[] };
type Step =
  | { readonly table: readonly (number | null)[]; readonly of: number }
  | { readonly combine: readonly number[]; readonly modulo: number }
  | { readonly linear: readonly [number, number]; readonly factor: number }
  | { readonly orElse: number; readonly value: number }
  | { readonly constant: number }
  | { readonly aggregate: PlainSelector; readonly of: number; readonly otherwise: number | null }
  | { readonly mean: PlainSelector; readonly of: number }
  | { readonly width: PlainSelector };

/** References are counted from the last sequence backwards: 0 is the one before. They go round. */
export interface Plain {
  readonly vocabulary: number;
  readonly maxLength: number;
  readonly causal: boolean;
  readonly steps: readonly Step[];
}

const reference = fc.nat(6);
const selector: fc.Arbitrary<PlainSelector> = fc.letrec<{
  all: PlainSelector;
  base: PlainSelector;
  tree: PlainSelector;
}>((tie) => ({
  all: fc.constant({ all: true }),
  base: fc.record({ select: fc.constantFrom<Compare>('==', '<', 'odd sum'), key: reference, query: reference }),
  tree: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    { weight: 5, arbitrary: tie('base') },
    { weight: 1, arbitrary: tie('all') },
    { weight: 2, arbitrary: tie('tree').map((not) => ({ not })) },
    { weight: 2, arbitrary: fc.array(tie('tree'), { minLength: 2, maxLength: 3 }).map((and) => ({ and })) },
    { weight: 2, arbitrary: fc.array(tie('tree'), { minLength: 2, maxLength: 3 }).map((or) => ({ or })) },
  ),
})).tree;
const entry = fc.option(fc.integer({ min: -1, max: 3 }), { freq: 6 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ table: fc.array(entry, { minLength: 1, maxLength: 4 }), of: reference }),
  fc.record({ combine: fc.array(reference, { minLength: 1, maxLength: 3 }), modulo: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ linear: fc.tuple(reference, reference), factor: fc.constantFrom(-1, 1, 2, 0.5) }),
  fc.record({ orElse: reference, value: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ constant: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ aggregate: selector, of: reference, otherwise: entry }),
  fc.record({ aggregate: selector, of: reference, otherwise: entry }),
  fc.record({ mean: selector, of: reference }),
  fc.record({ width: selector }),
);

const whole = (x: number): number => Math.floor(x + 1e-6);
const modulo = (x: number, m: number): number => ((whole(x) % m) + m) % m;
const holds = (how: Compare, key: number, query: number): boolean =>
  how === '==' ? whole(key) === whole(query) : how === '<' ? whole(key) < whole(query) : modulo(key + query, 2) === 1;
const lookUp = (table: readonly (number | null)[], value: number): number | null => table[modulo(value, table.length)]!;

/** The plan in the language. The last step is the output; every sequence before it is one that it can read. */
export function build({ vocabulary, maxLength, causal, steps }: Plain): Program {
  return program(
    { name: 'random', vocabulary: Array.from({ length: vocabulary }, (_, i) => i), maxLength, causal },
    (rasp) => {
      const made: Sequence[] = [rasp.tokens, rasp.indices, ...(causal ? [] : [rasp.length])];
      const at = (i: number): Sequence => made[made.length - 1 - (i % made.length)]!;
      const numbers = (i: number): Sequence<number> => rasp.orElse(at(i) as Sequence<number | null>, 0);
      const selectorOf = (plain: PlainSelector): Selector => {
        if ('all' in plain) return rasp.all;
        if ('not' in plain) return rasp.not(selectorOf(plain.not));
        if ('and' in plain) return rasp.and(...plain.and.map(selectorOf));
        if ('or' in plain) return rasp.or(...plain.or.map(selectorOf));
        return rasp.select(at(plain.key), at(plain.query), (key, query) =>
          holds(plain.select, key as number, query as number),
        );
      };
      const made1 = (one: Step): Sequence => {
        if ('table' in one) return rasp.map(at(one.of), (value) => lookUp(one.table, value as number));
        if ('combine' in one)
          return rasp.combine(one.combine.map(at), (...values) =>
            modulo(
              values.reduce<number>((sum, value, i) => sum + (i + 1) * (value as number), 0),
              one.modulo,
            ),
          );
        if ('linear' in one) return rasp.linear([numbers(one.linear[0]), 1], [numbers(one.linear[1]), one.factor]);
        if ('orElse' in one) return rasp.orElse(at(one.orElse), one.value);
        if ('constant' in one) return rasp.constant(one.constant);
        if ('aggregate' in one)
          return rasp.aggregate(selectorOf(one.aggregate), at(one.of), { otherwise: one.otherwise });
        if ('mean' in one) return rasp.mean(selectorOf(one.mean), numbers(one.of));
        return rasp.width(selectorOf(one.width));
      };
      steps.forEach((one, i) => made.push(made1(one).named(`step ${i}`)));
      return made.at(-1)!;
    },
  );
}

/** The same plan, position by position, as a person would do it. `set` puts values in the place of a step's. */
export function bruteForce(
  { causal, steps }: Plain,
  input: readonly number[],
  set: ReadonlyMap<number, readonly Value[]> = new Map(),
): (readonly (number | null)[])[] {
  const n = input.length;
  const rows: (number | null)[][] = [[...input], input.map((_, i) => i), ...(causal ? [] : [input.map(() => n)])];
  const before = rows.length;
  const row = (i: number): (number | null)[] => rows[rows.length - 1 - (i % rows.length)]!;
  const isSelected = (plain: PlainSelector, query: number, key: number): boolean => {
    if ('all' in plain) return true;
    if ('not' in plain) return !isSelected(plain.not, query, key);
    if ('and' in plain) return plain.and.every((one) => isSelected(one, query, key));
    if ('or' in plain) return plain.or.some((one) => isSelected(one, query, key));
    const [k, q] = [row(plain.key)[key]!, row(plain.query)[query]!];
    return k !== null && q !== null && holds(plain.select, k, q);
  };
  const group = (plain: PlainSelector, query: number): number[] =>
    Array.from({ length: n }, (_, key) => key).filter(
      (key) => !(causal && key > query) && isSelected(plain, query, key),
    );
  const valueAt = (one: Step, i: number): number | null => {
    if ('table' in one) return row(one.of)[i] === null ? null : lookUp(one.table, row(one.of)[i]!);
    if ('combine' in one) {
      const values = one.combine.map((of) => row(of)[i]!);
      return values.includes(null as never)
        ? null
        : modulo(
            values.reduce((sum, value, j) => sum + (j + 1) * value, 0),
            one.modulo,
          );
    }
    if ('linear' in one) return (row(one.linear[0])[i] ?? 0) + one.factor * (row(one.linear[1])[i] ?? 0);
    if ('orElse' in one) return row(one.orElse)[i] ?? one.value;
    if ('constant' in one) return one.constant;
    if ('width' in one) return group(one.width, i).length;
    if ('mean' in one) {
      const values = group(one.mean, i).map((key) => row(one.of)[key] ?? 0);
      return values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length;
    }
    const values = group(one.aggregate, i).map((key) => row(one.of)[key]!);
    return values.length > 0 && values.every((value) => value === values[0]) ? values[0]! : one.otherwise;
  };
  steps.forEach((one, at) => {
    const given = set.get(at);
    rows.push(Array.from({ length: n }, (_, i) => (given ? (given[i] as number | null) : valueAt(one, i))));
  });
  return rows.slice(before);
}

/** Plans that make sense: none has more values than the language allows. */
export const plains = (maxSteps: number): fc.Arbitrary<Plain> =>
  fc
    .record({
      vocabulary: fc.integer({ min: 1, max: 3 }),
      maxLength: fc.integer({ min: 1, max: 4 }),
      causal: fc.boolean(),
      steps: fc.array(step, { minLength: 1, maxLength: maxSteps, size: 'max' }),
    })
    .filter((plain) => {
      try {
        return build(plain).variables.every(({ values }) => values.length <= 200);
      } catch (error) {
        if (error instanceof ProgramError && /are the most|more than/.test(error.message)) return false;
        throw error;
      }
    });
