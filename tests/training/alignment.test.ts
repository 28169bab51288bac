/** Random alignments respect the order of computation, and what does not is refused. */
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { AlignmentError, InterventionError, OptionError } from '../../src/errors.js';
import { program } from '../../src/program/program.js';
import { configOf } from '../../src/training/architecture.js';
import { randomAlignment } from '../../src/training/random-alignment.js';
import { train } from '../../src/training/train.js';
import { sitesOf } from '../../src/model/formats/transformer/graph/sites.js';
import { errorOf } from '../helpers/error-of.js';
import { distinct } from './programs.js';

const small = { n_layers: 2, n_heads: 4, d_model: 16 } as const;

test('each variable stands after what it is computed from, in heads or neurons of its own', () => {
  const wide = program({ name: 'wide', vocabulary: [1, 2, 3], maxLength: 4 }, (rasp) => {
    const { tokens, indices, select, width, map, combine, aggregate, and } = rasp;
    const less = width(select(tokens, tokens, '<')).named('less');
    const same = width(and(select(tokens, tokens, '=='), select(indices, indices, '<'))).named('same');
    const even = map(tokens, (token) => token % 2 === 0).named('even');
    const place = combine([less, same], (a, b) => a + b).named('place');
    const sorted = aggregate(select(place, indices, '=='), even).named('sorted');
    return combine([sorted, less], (a, b) => (a ? b : -1)).named('end');
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e6 }),
      fc.integer({ min: 2, max: 5 }),
      fc.integer({ min: 1, max: 4 }),
      (seed, n_layers, n_heads) => {
        fc.pre(n_layers > 2 || n_heads > 1);
        const architecture = { n_layers, n_heads, d_model: 16, d_mlp: 6 };
        const alignment = randomAlignment(wide, architecture, { seed });
        // the embedding tells `even`, and the input
        expect(Object.keys(alignment)).toEqual(['less', 'same', 'place', 'sorted', 'end']);
        const order = sitesOf(configOf(wide, architecture)).map(({ name }) => name);
        const at = (name: string): number => order.indexOf(alignment[name]![0]!.site);
        for (const [name, reads] of Object.entries({
          place: ['less', 'same'],
          sorted: ['place'],
          end: ['sorted', 'less'],
        }))
          for (const read of reads) expect(at(read)).toBeLessThan(at(name));
        for (const name of ['less', 'same', 'sorted']) expect(alignment[name]![0]!.site).toMatch(/hook_z$/);
        for (const name of ['place', 'end']) expect(alignment[name]![0]!.site).toMatch(/hook_post$/);
        const taken = Object.values(alignment).flatMap(([part]) =>
          Object.values(part!.at!).flatMap((indices) => indices.map((index) => `${part!.site} ${index}`)),
        );
        expect(new Set(taken).size).toBe(taken.length);
        expect(randomAlignment(wide, architecture, { seed })).toEqual(alignment);
      },
    ),
    { numRuns: 100 },
  );
});

test('a count that attention compares is in heads and in neurons of the MLP after them, before what reads it', () => {
  const sort = program({ name: 'sort', vocabulary: [1, 2, 3], maxLength: 3 }, (rasp) => {
    const { tokens, indices, select, and, or, width, aggregate, map, combine } = rasp;
    const before = or(select(tokens, tokens, '<'), and(select(tokens, tokens, '=='), select(indices, indices, '<')));
    const place = width(before).named('place');
    const same = width(select(tokens, tokens, '==')).named('same');
    const sorted = aggregate(select(place, indices, '=='), tokens).named('sorted');
    return combine([sorted, map(same, (n) => n > 1).named('twice')], (token, twice) => (twice ? token : 0)).named(
      'end',
    );
  });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 2, max: 4 }), (seed, n_layers) => {
      const architecture = { ...small, n_layers };
      const alignment = randomAlignment(sort, architecture, { seed });
      const order = sitesOf(configOf(sort, architecture)).map(({ name }) => name);
      const at = (name: string): number[] => alignment[name]!.map(({ site }) => order.indexOf(site));
      const layer = /\d+/.exec(alignment['place']![0]!.site)![0];
      expect(alignment['place']!.map(({ site }) => site)).toEqual([
        `blocks.${layer}.attn.hook_z`,
        `blocks.${layer}.mlp.hook_post`,
      ]);
      // what a function alone reads, its MLP takes apart
      expect(at('same')).toHaveLength(1);
      for (const [name, read] of [
        ['sorted', 'place'],
        ['twice', 'same'],
        ['end', 'sorted'],
        ['end', 'twice'],
      ] as const)
        expect(Math.max(...at(read))).toBeLessThan(Math.min(...at(name)));
      const taken = Object.values(alignment).flatMap((parts) =>
        parts.flatMap(({ site, at: slices }) =>
          Object.values(slices!).flatMap((indices) => indices.map((index) => `${site} ${index}`)),
        ),
      );
      expect(new Set(taken).size).toBe(taken.length);
    }),
  );
  expect(() => randomAlignment(sort, { ...small, n_layers: 1 })).toThrow(errorOf(AlignmentError, 'in 2 layers'));
});

test('too small an architecture, and names that are none', () => {
  expect(() => randomAlignment(distinct, { ...small, n_layers: 1 })).toThrow(
    errorOf(AlignmentError, /n_layers = 1 is too small.* in 2 layers\n.*\n.*at least n_layers = 2/s),
  );
  expect(Object.keys(randomAlignment(distinct, { ...small, n_layers: 1 }, { variables: ['count', 'twice'] }))).toEqual([
    'count',
    'twice',
  ]);
  expect(() => randomAlignment(distinct, small, { variables: ['cuont'] })).toThrow(
    errorOf(AlignmentError, 'did you mean "count"?'),
  );
  expect(() => randomAlignment(distinct, small, { variables: ['tokens'] })).toThrow(
    errorOf(AlignmentError, 'the embedding has it'),
  );
  expect(() => randomAlignment(distinct, { ...small, n_heads: 0 })).toThrow(OptionError);
  const crowd = program({ name: 'crowd', vocabulary: [1, 2], maxLength: 2 }, ({ tokens, select, width, combine }) => {
    const [a, b] = [width(select(tokens, tokens, '<')), width(select(tokens, tokens, '<='))];
    return combine([a, b], (x, y) => x + y);
  });
  expect(() => randomAlignment(crowd, { n_layers: 1, n_heads: 1, d_model: 8 })).toThrow(
    errorOf(AlignmentError, 'n_heads = 1'),
  );
});

test.each([
  [
    'before what it is computed from',
    { count: ['blocks.0.attn.head.0'], twice: ['blocks.0.attn.head.1'] },
    AlignmentError,
    'twice is computed from count',
  ],
  [
    'through one that is not aligned',
    { count: ['blocks.1.attn.head.0'], distinct: ['blocks.0.mlp.neuron.1'] },
    AlignmentError,
    'distinct is computed from count',
  ],
  [
    'onto another',
    {
      count: ['blocks.0.attn.head.0'],
      share: ['blocks.1.attn.head.0'],
      twice: ['blocks.0.mlp.neuron.1', 'blocks.1.attn.head.0'],
    },
    OptionError,
    'the parts of twice and of share overlap',
  ],
  ['where there is nothing', { count: ['blocks.7.attn.head.0'] }, InterventionError, 'names no component'],
  ['into a pattern', { count: [{ site: 'blocks.0.attn.hook_pattern' }] }, OptionError, 'no vector at each position'],
] as const)('a variable %s', async (_, alignment, type, message) => {
  const training = train(distinct, { architecture: small, alignment, steps: 1, batchSize: 2 });
  await expect(training).rejects.toThrow(errorOf(type, message));
});
