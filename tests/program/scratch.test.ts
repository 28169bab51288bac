import { test } from '@jest/globals';
import { program } from '../../src/program/program.js';
import { compile } from '../../src/program/compile.js';
import { allInputs, differences } from './exact';
test('x', async () => {
  const p = program({ name: 'histogram', vocabulary: ['a', 'b', 'c'], maxLength: 5 }, ({ tokens, select, width }) => {
    const same = select(tokens, tokens, '==').named('same');
    return width(same).named('hist');
  });
  const sort = program({ name: 'sort', vocabulary: [1,2,3,4], maxLength: 4 }, ({ tokens, indices, combine, select, width, aggregate }) => {
    const keys = combine([tokens, indices], (t, i) => t + i/5).named('keys');
    const target = width(select(keys, keys, '<')).named('target');
    return aggregate(select(target, indices, '=='), tokens);
  });
  const frac = program({ name: 'frac', vocabulary: ['h', 'e', 'l'], maxLength: 6, causal: true }, ({ tokens, indices, select, mean, map }) => {
    const s = select(indices, indices, '<=');
    return mean(s, map(tokens, (t) => t === 'l'));
  });
  const rev = program({ name: 'reverse', vocabulary: ['a', 'b', 'c'], maxLength: 5 }, ({ tokens, indices, length, combine, select, aggregate }) =>
    aggregate(select(indices, combine([length, indices], (n, i) => n - 1 - i), '=='), tokens));
  for (const one of [p, sort, frac, rev]) {
  const t = performance.now();
  const c = await compile(one as any);
  const ms = performance.now() - t;
  const d = await differences(c as any, allInputs(one.vocabulary as any, one.maxLength));
  console.log(String(one), c.sizes, ms, performance.now() - t, d.length, d.slice(0, 5), [...c.variables.values()].map(v => `${v.name}: ${v.components.length} ${v.places.map(p => `${p.site} ${p.encoding} ${p.error.toPrecision(2)}`)}`));
  }
});
