/** Two releases of a deployed classifier, where CONGRUITY_MODELS leads to them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Model } from '../../../../src/model/model.js';
import { loadOnnx } from '../../../../src/model/formats/onnx/file/load.js';
import { publicModels } from '../../../helpers/models.js';
import { describeUnless } from '../../../helpers/unless.js';
import { difference, largest } from './helpers.js';

const { path, absent } = publicModels('magika', join('standard_v3_2', 'model.onnx'));

interface Config {
  readonly beg_size: number;
  readonly end_size: number;
  readonly block_size: number;
  readonly padding_token: number;
  readonly min_file_size_for_dl: number;
  readonly medium_confidence_threshold: number;
  readonly target_labels_space: readonly string[];
  readonly thresholds: Readonly<Record<string, number>>;
  readonly overwrite_map: Readonly<Record<string, string>>;
}

const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

/** The first and the last bytes of a file, without white space at its ends, padded; undefined for a file that is too small for the network. */
function tokensOf(
  content: Uint8Array,
  { beg_size, end_size, block_size, padding_token, min_file_size_for_dl }: Config,
): number[] | undefined {
  const first = [...content.subarray(0, block_size)];
  const last = [...content.subarray(Math.max(0, content.length - block_size))];
  while (first.length > 0 && isSpace(first[0]!)) first.shift();
  while (last.length > 0 && isSpace(last.at(-1)!)) last.pop();
  const begin = first.slice(0, beg_size);
  const end = last.slice(Math.max(0, last.length - end_size));
  if (begin.length < min_file_size_for_dl) return undefined;
  const pad = (count: number): number[] => Array<number>(count).fill(padding_token);
  return [...begin, ...pad(beg_size - begin.length), ...pad(end_size - end.length), ...end];
}

const isText = (content: Uint8Array): boolean => {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(content);
    return true;
  } catch {
    return false;
  }
};

/**
 * What magika says of a file by its logits: the likeliest label by the name that the overwrite map gives it, or, if it is not likely enough, `txt` or `unknown` (magika asks its
 * list of types whether the likeliest is one of text; the file itself tells as well here).
 */
function labelOf(logits: Float32Array, content: Uint8Array, config: Config): string {
  const top = logits.reduce((best, value, i) => (value > logits[best]! ? i : best), 0);
  const sum = logits.reduce((total, value) => total + Math.exp(value - logits[top]!), 0);
  const label = config.target_labels_space[top]!;
  if (1 / sum < (config.thresholds[label] ?? config.medium_confidence_threshold))
    return isText(content) ? 'txt' : 'unknown';
  return config.overwrite_map[label] ?? label;
}

interface Sample {
  readonly label: string;
  readonly file: string;
  readonly content: Uint8Array;
}

const readSamples = (): Sample[] =>
  readdirSync(path('samples')).flatMap((label) =>
    readdirSync(path('samples', label)).map((file) => ({
      label,
      file,
      content: new Uint8Array(readFileSync(path('samples', label, file))),
    })),
  );

const perVersion = describe.each(['standard_v3_2', 'standard_v3_3']);
describeUnless(absent)('magika', () =>
  perVersion('%s', (version) => {
    let samples: Sample[];
    let config: Config;
    let model: Model;
    beforeAll(async () => {
      samples = readSamples();
      config = JSON.parse(readFileSync(path(version, 'config.min.json'), 'utf8')) as Config;
      model = await loadOnnx(path(version, 'model.onnx'));
    });
    afterAll(() => model?.dispose());

    test('labels its samples', async () => {
      expect(samples.length).toBeGreaterThanOrEqual(76);
      const known = samples.flatMap(({ content, ...rest }) => {
        const tokens = tokensOf(content, config);
        return tokens === undefined ? [] : [{ ...rest, content, tokens }];
      });
      // what is too small for the network: the empty file
      expect(samples.length - known.length).toBe(1);
      const { logits } = await model.run(known.map(({ tokens }) => tokens));
      expect(logits.shape).toEqual([known.length, config.target_labels_space.length]);
      const wrong = known.flatMap(({ label, file, content }, row) => {
        const said = labelOf(logits.data.subarray(row * 214, (row + 1) * 214), content, config);
        return said === label ? [] : [`${label}/${file}: ${said}`];
      });
      expect(wrong).toEqual([]);
    });

    test('its logits are those of its own probabilities, and what it is made of is seen', async () => {
      const rows = samples.slice(0, 4).flatMap(({ content }) => tokensOf(content, config) ?? []);
      const inputs = Array.from({ length: rows.length / 2048 }, (_, row) => rows.slice(row * 2048, (row + 1) * 2048));
      const { logits, activations } = await model.run(inputs, { capture: ['target_label'] });
      const probabilities = activations.get('target_label')!.data;
      const expected = new Float32Array(probabilities.length);
      for (let row = 0; row < inputs.length; row++) {
        const own = logits.data.subarray(214 * row, 214 * (row + 1));
        const sum = own.reduce((total, value) => total + Math.exp(value), 0);
        own.forEach((value, i) => (expected[214 * row + i] = Math.exp(value) / sum));
      }
      expect(difference(probabilities, expected)).toBeLessThan(1e-6 * largest(expected));
      expect(model.parts.map(({ kind, count }) => [kind, count])).toEqual(expect.arrayContaining([['channel', 512]]));
      expect(model.sites.find(({ name }) => name.endsWith('Dense_0/AddV2:0'))).toMatchObject({
        axes: ['position', 'feature'],
        shape: [2048, 64],
      });
    });

    test('a part of the network from another file: a row at a time', async () => {
      const rows = samples
        .filter(({ label }) => label === 'javascript' || label === 'typescript' || label === 'python')
        .flatMap(({ content }) => [tokensOf(content, config) ?? []])
        .slice(0, 3);
      const others = [...rows.slice(1), rows[0]!];
      const [layer] = model.parts.filter(({ kind }) => kind === 'channel');
      const { logits } = await model.run(rows, {
        interventions: [{ site: layer!.site, by: { kind: 'resample', inputs: others } }],
      });
      const there = await model.run(others);
      expect(difference(logits.data, there.logits.data)).toBe(0);
    });
  }),
);
