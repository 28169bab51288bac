import { test } from '@jest/globals';
import { program } from '../../src/program/program.js';
test('x', () => {
  const p = program({ name: 'histogram', vocabulary: ['a', 'b', 'c'], maxLength: 5 }, ({ tokens, select, width }) => {
    const same = select(tokens, tokens, '==').named('same');
    return width(same).named('hist');
  });
  console.log(String(p), p.run(['a', 'b', 'a', 'c']), p.encode(['a', 'c']));
  const q = program(
    { name: 'frac', vocabulary: ['h', 'e', 'l', 'o'], maxLength: 5 },
    ({ tokens, indices, select, mean, map }) => {
      const s = select(indices, indices, '<=');
      return mean(
        s,
        map(tokens, (t) => t === 'l'),
      );
    },
  );
  console.log(String(q), q.run([...'hello'] as any), q.outputs);
  try {
    program({ name: 'bad', vocabulary: [0, 1], maxLength: 5 }, ({ tokens, indices, combine }) =>
      combine([tokens, indices], (a, b) => a / b),
    );
  } catch (e) {
    console.log(String(e));
  }
  try {
    program({ name: 'bad', vocabulary: ['a'], maxLength: 5 }, ({ tokens, all, mean }) => mean(all, tokens as any));
  } catch (e) {
    console.log(String(e));
  }
});
