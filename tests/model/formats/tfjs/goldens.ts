/** The committed models with the values that TensorFlow and Keras give them (fixtures/make.py). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadTfjs, type LoadTfjsOptions } from '../../../../src/model/formats/tfjs/file/load.js';
import type { ModelInput } from '../../../../src/model/input.js';
import type { BackendName } from '../../../../src/tensor/backend-names.js';

export const fixtures = join(__dirname, 'fixtures');

export interface Golden {
  readonly inputs: readonly ModelInput[];
  /** of graphs: the node that is the output */
  readonly output?: string;
  readonly sites: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>>;
}

export const models = ['mixed', 'masked', 'convnet', 'transformer'] as const;
export type Name = (typeof models)[number];

/** What must be said to load each. */
export const needs: Readonly<Record<Name, LoadTfjsOptions>> = {
  mixed: { output: 'out' },
  masked: {},
  convnet: {},
  transformer: {},
};

export const golden = (name: Name): Golden =>
  JSON.parse(readFileSync(join(fixtures, name, 'golden.json'), 'utf8')) as Golden;
export const fixture = (name: Name, backend: BackendName, options: LoadTfjsOptions = {}) =>
  loadTfjs(join(fixtures, name, 'model.json'), { ...needs[name], backend, ...options });

/** The largest difference, in units of the larger of 1 and the value. */
export function difference(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got.length !== want.length) return Infinity;
  let worst = 0;
  for (let i = 0; i < want.length; i++) {
    const apart = Math.abs(got[i]! - want[i]!) / Math.max(1, Math.abs(want[i]!));
    worst = Math.max(worst, Number.isNaN(apart) ? Infinity : apart);
  }
  return worst;
}
