/** Configs beside weights. */
import { dirname, extname, join } from 'node:path';

/** Bytes of a config at most. */
export const maxConfig = 1_000_000;

/** Where the config of a weights file is looked for, in order: its own, then one that it may share with others. */
export const configPaths = (path: string): readonly [own: string, shared: string] => [
  `${path.slice(0, path.length - extname(path).length)}.json`,
  join(dirname(path), 'config.json'),
];
