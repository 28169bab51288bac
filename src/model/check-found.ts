/** What an engine gave, before it is trusted. */
import { ModelError } from '../errors.js';
import { entriesOf } from '../shape.js';
import type { Found } from './engine.js';

/** @throws ModelError for what cannot be the activations of so many rows */
export function checkFound(
  found: Found | undefined,
  rows: number,
  site: string,
  model: string,
): asserts found is Found {
  if (found !== undefined && found.shape[0] === rows && found.data.length === entriesOf(found.shape)) return;
  throw new ModelError({
    what:
      found === undefined
        ? `the model gave nothing for ${site}`
        : `the model gave ${site} of shape [${found.shape.join(', ')}] with ${found.data.length} values for ${rows} rows`,
    where: `model ${model}`,
    hint: 'every activation is row-major, batch first',
  });
}
