// Google's Magika tells file types from bytes. How it reads a file: https://github.com/google/magika (Apache-2.0)
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { load, type LoadOptions, type Model } from 'congruity';

const releases = ['standard_v3_2', 'standard_v3_3'];
const models = process.env['CONGRUITY_MODELS'];
/** Why the released models, which are no part of this project, cannot be read; undefined if they can. */
export const absent: string | undefined = !models
  ? 'CONGRUITY_MODELS names no folder that holds magika/'
  : releases
      .filter((release) => !existsSync(join(models, 'magika', release, 'model.onnx')))
      .map((release) => `the folder in CONGRUITY_MODELS has no magika/${release}/model.onnx`)[0];

/** The path of something in the folder of the released models. */
export function released(...names: string[]): string {
  if (!models || absent !== undefined) throw new Error(absent);
  return join(models, 'magika', ...names);
}

interface MagikaConfig {
  readonly beg_size: number;
  readonly end_size: number;
  readonly block_size: number;
  readonly padding_token: number;
  readonly min_file_size_for_dl: number;
  readonly target_labels_space: readonly string[];
}
let known: MagikaConfig | undefined;
/** The two releases read files alike and have the same labels. */
export const config = (): MagikaConfig =>
  (known ??= JSON.parse(readFileSync(released('standard_v3_3', 'config.min.json'), 'utf8')) as MagikaConfig);

const blank = (byte: number): boolean => byte === 32 || (byte >= 9 && byte <= 13);

/**
 * The 2048 numbers that Magika sees of a file: its first and last 1024 bytes, without white space at the ends, padded with 256.
 * Undefined for files too small for the network.
 */
export function tokensOf(path: string): number[] | undefined {
  const { beg_size, end_size, block_size, padding_token, min_file_size_for_dl } = config();
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    if (size < min_file_size_for_dl) return undefined;
    const block = (from: number): number[] => {
      const bytes = new Uint8Array(Math.min(block_size, size));
      readSync(file, bytes, 0, bytes.length, from);
      return [...bytes];
    };
    const start = block(0);
    const first = start
      .slice(
        Math.max(
          0,
          start.findIndex((byte) => !blank(byte)),
        ),
      )
      .slice(0, beg_size);
    const end = block(Math.max(0, size - block_size));
    const last = end.slice(0, end.findLastIndex((byte) => !blank(byte)) + 1).slice(-end_size);
    const padding = (n: number): number[] => Array<number>(n).fill(padding_token);
    return [...first, ...padding(beg_size - first.length), ...padding(end_size - last.length), ...last];
  } finally {
    closeSync(file);
  }
}

export const labelOf = (name: string): number => config().target_labels_space.indexOf(name);

/** Names inside the graph: 512 convolution channels, their maximum over the file, a normalisation, one layer to the 214 labels. */
const inside = (name: string): string => `jax2tf_get_logits_/pjit_get_logits_/MagikaV2/${name}:0`;
export const options: LoadOptions = {
  sites: { [inside('Max')]: { axes: ['channel', 'position'] } },
  parts: [{ kind: 'channel', name: 'channel', site: inside('Max'), axis: 'channel' }],
  representation: [inside('Max'), inside('LayerNorm_1/AddV2_1')],
};

export const magika = (version: string): Promise<Model> =>
  load(released(`standard_${version}`, 'model.onnx'), { ...options, name: `magika ${version}` });
