/** Weights as they are stored, against tfjs's own decoder; models saved by tfjs and read back. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { load } from '../../../../src/model/load.js';
import { loadTfjs } from '../../../../src/model/formats/tfjs/file/load.js';
import { tfjsModel } from '../../../../src/model/formats/tfjs/file/memory.js';
import { readWeights } from '../../../../src/model/formats/tfjs/file/manifest.js';
import { backend } from '../../../../src/tensor/backend.js';
import { ModelError } from '../../../../src/errors.js';
import { errorOf } from '../../../helpers/error-of.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'congruity-weights-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const kinds = fc.constantFrom(
  { dtype: 'float32' },
  { dtype: 'int32' },
  { dtype: 'bool' },
  { dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.0123, min: -1.5 } },
  { dtype: 'float32', quantization: { dtype: 'uint16', scale: 3.1e-5, min: -1 } },
  { dtype: 'float32', quantization: { dtype: 'float16' } },
  { dtype: 'int32', quantization: { dtype: 'uint8', scale: 0.7, min: -3 } },
);
const widths: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 };

test('every type and quantisation, over any number of shards, as tfjs decodes them', async () => {
  await backend({ backend: 'cpu' });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(kinds, fc.array(fc.nat(3), { maxLength: 3 })), { minLength: 1, maxLength: 6 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }),
      fc.nat(250),
      async (drawn, cuts, seed) => {
        const specs = drawn.map(([kind, shape], i) => ({ name: `w${i}`, shape, ...kind }));
        const stored = (spec: (typeof specs)[number]) =>
          (spec as { quantization?: { dtype: string } }).quantization?.dtype ?? spec.dtype;
        const sizes = specs.map((spec) => spec.shape.reduce((a, b) => a * b, 1) * widths[stored(spec)]!);
        const bytes = new Uint8Array(sizes.reduce((a, b) => a + b, 0));
        let at = 0;
        specs.forEach((spec, i) => {
          for (let k = 0; k < sizes[i]!; k++) {
            // bits of a finite float; a bool is 0 or 1
            const byte = (k * 37 + seed + i) % 251;
            const width = widths[stored(spec)]!;
            const high = width > 1 && k % width === width - 1;
            bytes[at + k] = spec.dtype === 'bool' ? byte & 1 : high && /float/.test(stored(spec)) ? byte & 0x3b : byte;
          }
          at += sizes[i]!;
        });
        const ends = [...cuts.map((cut) => Math.floor(cut * bytes.length)).toSorted((a, b) => a - b), bytes.length];
        const paths = ends.map((end, i) => {
          writeFileSync(join(folder, `s${i}.bin`), bytes.subarray(ends[i - 1] ?? 0, end));
          return `s${i}.bin`;
        });
        const ours = await readWeights(join(folder, 'model.json'), [{ paths, weights: specs }], 1e6);
        const theirs = tf.io.decodeWeights(bytes.slice().buffer, specs as tf.io.WeightsManifestEntry[]);
        try {
          for (const { name, shape, dtype } of specs) {
            expect(ours.get(name)).toMatchObject({ name, shape, dtype });
            expect([...ours.get(name)!.data]).toEqual([...theirs[name]!.dataSync()]);
          }
        } finally {
          tf.dispose(theirs);
        }
      },
    ),
  );
});

test('a model that tfjs saves, read back: the same logits and the same fingerprint', async () => {
  const on = await backend({ backend: 'wasm' });
  await tf.setBackend('wasm');
  const { layers } = tfl;
  const theirs = tfl.sequential({
    name: 'saved',
    layers: [
      layers.embedding({ inputDim: 9, outputDim: 4, inputLength: 6, name: 'table' }),
      layers.conv1d({
        filters: 5,
        kernelSize: 3,
        activation: 'relu',
        kernelConstraint: 'maxNorm',
        kernelRegularizer: 'l1l2',
        name: 'conv',
      }),
      layers.globalMaxPooling1d({ name: 'pool' }),
      layers.dense({ units: 3, activation: 'softmax', name: 'out' }),
    ],
  });
  let read;
  try {
    await theirs.save({
      save: async ({ modelTopology, weightSpecs, weightData }) => {
        writeFileSync(join(folder, 'weights.bin'), new Uint8Array(weightData as ArrayBuffer));
        writeFileSync(
          join(folder, 'model.json'),
          JSON.stringify({
            format: 'layers-model',
            modelTopology,
            weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }],
          }),
        );
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      },
    });
    const held = tfjsModel(theirs);
    read = await loadTfjs(join(folder, 'model.json'), { backend: on });
    const tokens = [
      [1, 2, 3, 4, 5, 6],
      [8, 0, 0, 8, 1, 1],
    ];
    expect((await read.run(tokens)).logits).toEqual((await held.run(tokens)).logits);
    expect(read.fingerprint).toBe(held.fingerprint);
    expect(read.sites).toEqual(held.sites);
    expect(read.parts.map(({ name, count }) => [name, count])).toEqual([
      ['table', 1],
      ['conv.channel', 5],
      ['conv', 1],
    ]);
    expect(read.representationSites).toEqual(['table', 'conv']);
    expect(read.sites.map(({ axes }) => axes)).toEqual([
      ['position', 'feature'],
      ['position', 'channel'],
      ['channel'],
      ['feature'],
    ]);

    // the folder, by the loader of all kinds; then under names of one's own
    const named = await load(folder, { name: 'mine', sites: { conv: { axes: ['time', 'filter'] } }, backend: on });
    expect(named).toMatchObject({ name: 'mine', kind: 'tfjs-layers', fingerprint: read.fingerprint });
    expect(named.parts[1]).toMatchObject({ name: 'conv.channel', axis: 'filter' });
    await named.run(tokens, { interventions: [{ site: 'conv', at: { filter: [1] }, by: { kind: 'zero' } }] });
    named.dispose();
    await expect(named.run(tokens)).rejects.toThrow(errorOf(ModelError, /disposed of/));
  } finally {
    read?.dispose();
    theirs.dispose();
  }
});
