/** The files that pages name, each made for real: the example's models, a small GPT-NeoX checkpoint with its tokenizer, an ONNX graph with the page's names, arrays of numpy. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '../../src/random.js';
import { writeSafetensors } from '../../src/io/safetensors-write.js';
import { exampleFolder } from '../helpers/example';
import { induction, type Known } from '../helpers/known/index';
import { folder as checkpoints } from '../model/formats/transformer/hf/fixtures';
import * as onnx from '../model/formats/onnx/build';

type Make = (folder: string) => Promise<void> | void;

const normal = (next: { normal(): number }, length: number, scale = 1): Float32Array =>
  Float32Array.from({ length }, () => scale * next.normal());

/** One of the example's models under a name of the page's. */
const example =
  (name: string, as = name): Make =>
  (folder) => {
    for (const ending of ['json', 'safetensors'])
      cpSync(join(exampleFolder, 'models', `${name}.${ending}`), join(folder, 'models', `${as}.${ending}`));
  };

const known =
  (one: Known, name: string): Make =>
  async (folder) => {
    await writeSafetensors(join(folder, 'models', `${name}.safetensors`), one.weights());
    writeFileSync(join(folder, 'models', `${name}.json`), JSON.stringify(one.config));
  };

const checkpoint: Make = (folder) =>
  cpSync(join(checkpoints, 'text-neox'), join(folder, 'models', 'pythia-70m'), { recursive: true });

/** Two layers after eight heads of 64 features: [batch, position, 4] in, [batch, position, 3] out. */
const graph: Make = (folder) => {
  const next = random(0, 'graph');
  const weight = (name: string, rows: number, columns: number) =>
    onnx.tensor(name, [rows, columns], onnx.types.float, normal(next, rows * columns, 0.1));
  writeFileSync(
    join(folder, 'models', 'v2.onnx'),
    onnx.model({
      nodes: [
        onnx.node('MatMul', ['x', 'attn'], ['/attn/MatMul_output_0']),
        onnx.node('MatMul', ['/attn/MatMul_output_0', 'out'], ['/attn/out_output_0']),
        onnx.node('Add', ['x', '/attn/out_output_0'], ['/layers.0/Add_output_0']),
        onnx.node('Relu', ['/layers.0/Add_output_0'], ['/layers.1/Relu_output_0']),
        onnx.node('Add', ['/layers.0/Add_output_0', '/layers.1/Relu_output_0'], ['/layers.1/Add_output_0']),
        onnx.node('MatMul', ['/layers.1/Add_output_0', 'unembed'], ['y']),
      ],
      initializers: [weight('attn', 4, 512), weight('out', 512, 4), weight('unembed', 4, 3)],
      inputs: [onnx.value('x', onnx.types.float, ['batch', 'position', 4])],
      outputs: [onnx.value('y', onnx.types.float, ['batch', 'position', 3])],
    }),
  );
};

/** An array as numpy saves it, version 1 of the format. */
function npy(rows: number, columns: number, data: Float32Array): Buffer {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const padded = `${header.padEnd(Math.ceil((10 + header.length + 1) / 64) * 64 - 11)}\n`;
  return Buffer.concat([
    Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, padded.length & 255, padded.length >> 8]),
    Buffer.from(padded),
    Buffer.from(data.buffer),
  ]);
}

/** Eight implementations a side: one pattern over 40 inputs in 6 features, each with noise of its own. */
const arrays: Make = async (folder) => {
  const [rows, columns] = [40, 6];
  const pattern = normal(random(0, 'pattern'), rows * columns);
  const noisy = (label: string) => {
    const next = random(0, label);
    return pattern.map((value) => value + 0.2 * next.normal());
  };
  await writeSafetensors(
    join(folder, 'released.safetensors'),
    new Map(Array.from({ length: 8 }, (_, i) => [`run${i}`, { shape: [rows, columns], data: noisy(`released ${i}`) }])),
  );
  for (const name of 'abcdefgh') writeFileSync(join(folder, `${name}.npy`), npy(rows, columns, noisy(name)));
};

/** A fingerprint that a config names: that it is there is all that is looked at. */
const baseline: Make = async (folder) => {
  mkdirSync(join(folder, 'baselines'));
  writeFileSync(join(folder, 'baselines', 'v12.safetensors'), '');
};

const filesOf: Readonly<Record<string, readonly Make[]>> = {
  'docs/bank.md': [example('released'), example('constant-attention')],
  'docs/bounds.md': [example('released'), example('quantised', 'candidate')],
  'docs/counterexamples.md': [known(induction, 'induction')],
  'docs/derived.md': [example('released'), example('finetuned', 'candidate')],
  'docs/gate.md': [example('released', 'v1'), example('finetuned', 'v2')],
  'docs/generators.md': [example('released')],
  'docs/matcher.md': [example('released'), example('quantised', 'candidate')],
  'docs/measures.md': [arrays],
  'docs/models.md': [checkpoint, graph],
  'docs/power.md': [example('released'), example('quantised', 'candidate')],
  'docs/fingerprint.md': [
    example('released'),
    example('quantised', 'candidate'),
    example('quantised', 'v13'),
    baseline,
  ],
  'docs/respond.md': [example('released'), example('finetuned', 'candidate'), example('retrained')],
  'docs/tutorial.md': [example('released'), example('quantised'), example('constant-attention')],
};

export async function makeFiles(page: string, folder: string): Promise<void> {
  mkdirSync(join(folder, 'models'));
  for (const make of filesOf[page] ?? []) await make(folder);
}
