/** Which format of model lies at a path. */
import { basename } from 'node:path';
import { FileError } from '../errors.js';
import type { ModelFormat } from './formats/format.js';
import { formats, whatIsLoaded } from './formats/index.js';
import { foreignFile, placeAt } from './formats/place.js';

export interface Recognised {
  readonly format: ModelFormat;
  /** what its `load` is given: a file, or a folder */
  readonly path: string;
}

const fail = (what: string, where: string, hint = `load takes ${whatIsLoaded}`): never => {
  throw new FileError({ what, where, hint });
};

/**
 * The format of the model at a path, and what to load there.
 * @throws FileError where there is nothing, or nothing that is known
 */
export async function recognise(path: string): Promise<Recognised> {
  const place = await placeAt(path);
  if (place === undefined) return fail('there is no such file or folder', path);
  for (const format of formats) {
    const found = await format.recognises(place);
    if (found.length > 1)
      return fail(
        `the folder holds ${found.length} files that may be models of the format ${format.id}: ${found
          .slice(0, 5)
          .map((one) => basename(one))
          .join(', ')}`,
        path,
        'give the path of one of them',
      );
    if (found.length === 1) return { format, path: found[0]! };
  }
  if (place.file === undefined) return fail('no model was found in the folder', path);
  const other = await foreignFile(path);
  if (other !== undefined) throw new FileError({ ...other, where: path });
  return fail(`${place.file} has none of the endings of a model's files`, path);
}
