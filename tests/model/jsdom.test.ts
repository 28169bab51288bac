/** Environments that lack globals of Node (jsdom has no TextDecoder): files are read all the same. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseNpy } from '../../src/io/npy.js';
import { parseSafetensors } from '../../src/io/safetensors.js';
import { encodeSafetensors } from '../../src/io/safetensors-write.js';
import { readJsonObject } from '../../src/io/json.js';
import { hfTokenizer } from '../../src/tokenizers/hf-tokenizer.js';

const missing = [
  'TextDecoder',
  'TextEncoder',
  'structuredClone',
  'setImmediate',
  'clearImmediate',
  'fetch',
  'Blob',
  'MessageChannel',
  'BroadcastChannel',
  'ReadableStream',
  'CompressionStream',
  'DecompressionStream',
];
const globals = globalThis as unknown as Record<string, unknown>;
const kept = new Map(missing.map((name) => [name, Object.getOwnPropertyDescriptor(globals, name)] as const));
const fixtures = join(__dirname, '..', 'tokenizers', 'fixtures');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'jsdom-'));
  for (const name of missing) delete globals[name];
});
afterAll(() => {
  for (const [name, own] of kept) if (own) Object.defineProperty(globals, name, own);
  rmSync(folder, { recursive: true });
});

test('they are gone', () => {
  for (const name of missing) expect(globals[name]).toBeUndefined();
});

describe('without them', () => {
  test('JSON, safetensors and .npy', async () => {
    writeFileSync(join(folder, 'a.json'), '{"ä": 1}');
    expect({ ...(await readJsonObject(join(folder, 'a.json'), 'the config', 1000)) }).toEqual({ ä: 1 });
    const tensor = { shape: [2], data: Float32Array.of(1, 2) };
    expect([...parseSafetensors(encodeSafetensors(new Map([['ä', tensor]]))).tensors]).toEqual([['ä', tensor]]);
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (0,)}";
    expect(
      parseNpy(
        Buffer.concat([Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]), Buffer.from(header)]),
      ).shape,
    ).toEqual([0]);
  });

  test.each(['gpt2', 'llama', 'unigram-bytes', 'wordpiece'])('the tokenizer %s', async (name) => {
    const tokenizer = await hfTokenizer(join(fixtures, name));
    const tokens = tokenizer.encode('the store');
    expect(tokenizer.decode(tokens)).toMatch(/the ?store/);
    // nothing is left behind
    for (const one of missing) expect(globals[one]).toBeUndefined();
  });
});
