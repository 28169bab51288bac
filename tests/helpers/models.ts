/** Models from outside the repository, which only the environment variable CONGRUITY_MODELS leads to. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Absent } from './unless.js';

export interface PublicModels {
  /** the path of a file of theirs; not to be asked for where they are absent */
  readonly path: (...names: string[]) => string;
  readonly absent: Absent;
}

/**
 * @param folder their folder inside the one that CONGRUITY_MODELS names
 * @param file one that is there if they are
 */
export function publicModels(folder: string, file: string): PublicModels {
  const models = process.env['CONGRUITY_MODELS'];
  if (!models) return { path: () => '', absent: `CONGRUITY_MODELS names no folder that holds ${folder}/` };
  const path = (...names: string[]): string => join(models, folder, ...names);
  return { path, absent: !existsSync(path(file)) && `the folder in CONGRUITY_MODELS has no ${folder}/${file}` };
}
