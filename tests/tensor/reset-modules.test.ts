/** `jest.resetModules()` loads this package and tfjs again in one process: nothing is printed, and models of before and after work. */
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';

test.each(['wasm', 'cpu'] as const)(
  'modules loaded again use what is registered already, without a warning: %s',
  async (backend) => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const again = async () => {
      const { load } = require('../../index.js') as typeof import('../../index.js');
      return load(join(__dirname, '..', '..', 'examples', 'modular-addition', 'models', 'released.safetensors'), {
        backend,
      });
    };
    const before = await again();
    jest.resetModules();
    const after = await again();
    const [first, second, third] = [
      await before.run([[1, 2]], {}),
      await after.run([[1, 2]], {}),
      await before.run([[1, 2]], {}),
    ];
    expect(second.logits.data).toEqual(first.logits.data);
    expect(third.logits.data).toEqual(first.logits.data);
    expect(warn.mock.calls.map(([text]) => String(text))).toEqual([]);
    before.dispose();
    after.dispose();
    warn.mockRestore();
  },
);
