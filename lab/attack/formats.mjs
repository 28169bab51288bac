// Small valid files of every format that is read, and how each is read. In a process of its own: see damaged-child.mjs.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { dist, fixtures, inside, root } from './place.mjs';

const require = createRequire(import.meta.url);

/** How many damaged files of each format are read; those that start a process, or judge something, are slower. */
export const counts = {
  'ONNX, decoded': 28_000,
  'ONNX, run': 60,
  '.npy': 16_000,
  'safetensors of representations': 8000,
  TransformerLens: 10_000,
  'Hugging Face': 7000,
  tokenizers: 7000,
  'llama2.c': 7000,
  'llama2.c tokenizers': 8000,
  tfjs: 2500,
  'gate configs': 3000,
  evidence: 3000,
  'remembered failures': 2500,
};

const bytesIn = (folder, fits) =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => fits.test(name))
      .map((name) => [name, readFileSync(join(folder, name))]),
  );
const json = (value) => Buffer.from(JSON.stringify(value));

/** Files written into a folder of their own, and the paths' names gone before the next. */
function put(folder, files) {
  for (const name of readdirSync(folder)) if (!(name in files)) rmSync(join(folder, name), { recursive: true });
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
}

function transformerLens() {
  const [d, h, k, m, v] = [4, 2, 2, 4, 5];
  const config = {
    n_layers: 1,
    d_model: d,
    n_ctx: 4,
    d_head: k,
    n_heads: h,
    d_mlp: m,
    d_vocab: v,
    d_vocab_out: v,
    act_fn: 'relu',
    normalization_type: null,
    attention_dir: 'causal',
    positional_embedding_type: 'standard',
  };
  const shapes = {
    'embed.W_E': [v, d],
    'pos_embed.W_pos': [4, d],
    'unembed.W_U': [d, v],
    'unembed.b_U': [v],
    ...Object.fromEntries(
      ['Q', 'K', 'V'].flatMap((one) => [
        [`blocks.0.attn.W_${one}`, [h, d, k]],
        [`blocks.0.attn.b_${one}`, [h, k]],
      ]),
    ),
    'blocks.0.attn.W_O': [h, k, d],
    'blocks.0.attn.b_O': [d],
    'blocks.0.mlp.W_in': [d, m],
    'blocks.0.mlp.b_in': [m],
    'blocks.0.mlp.W_out': [m, d],
    'blocks.0.mlp.b_out': [d],
  };
  const header = {};
  const data = [];
  let at = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i + name.length));
    header[name] = { dtype: 'F32', shape, data_offsets: [at, (at += values.byteLength)] };
    data.push(Buffer.from(values.buffer));
  }
  const text = json(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return { 'tiny.safetensors': Buffer.concat([length, text, ...data]), 'tiny.json': json(config) };
}

function llamaTokens() {
  const parts = [Buffer.from(Uint32Array.of(7).buffer)];
  const pieces = [
    '<unk>',
    '\n<s>\n',
    '\n</s>\n',
    ...Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`),
    ...' abcdefghijklmnopqrstuvwxyzT',
    'ab',
    'é',
  ];
  for (const [i, piece] of pieces.entries()) {
    const bytes = Buffer.from(piece);
    const head = Buffer.alloc(8);
    head.writeFloatLE(-i, 0);
    head.writeInt32LE(bytes.length, 4);
    parts.push(head, bytes);
  }
  return Buffer.concat(parts);
}

const gates = {
  seed: 1,
  gates: [
    {
      name: 'one',
      baseline: 'a.safetensors',
      candidate: 'b.safetensors',
      task: 'task.cjs',
      options: { inputs: 100, budget: { draws: 12 } },
    },
    { name: 'two', baseline: 'a.safetensors', candidate: 'a.safetensors', task: 'task.cjs#task', seconds: 10 },
  ],
};

/**
 * @param evidence lines of a real run; @param folder to work in
 * @returns by the names of `counts`: valid files to damage, one of which is taken at a time, and `read`, which throws what the package throws
 */
export function formats({ evidence, folder }) {
  const congruity = require(dist('index.js'));
  const tf = require('@tensorflow/tfjs-core');
  const ofGraph = (name) => inside(`src/model/formats/onnx/graph/${name}`);
  const { parseOnnx } = inside('src/model/formats/onnx/file/proto');
  const { checkGraph } = ofGraph('graph');
  const { answers, candidates, dependents, drawsRandom, weightBytes } = ofGraph('graph-analysis');
  const { oversized } = ofGraph('sizes');
  const { Inputs, inputSpecs } = ofGraph('inputs');
  const { byValues, inSteps } = ofGraph('steps');
  const { Editor } = ofGraph('rewrite');
  const at = join(folder, 'model');
  mkdirSync(at);

  // what loads is run, too: damage can show there, in an error of ours as well
  const loaded = async (path, input) => {
    const model = await congruity.load(path);
    try {
      if (input) await model.run([input]);
    } finally {
      model.dispose();
    }
  };
  const loads = (input) => async (files) => {
    put(at, files);
    await loaded(at, input);
  };
  const hf = (name) => bytesIn(join(fixtures, 'transformer', 'hf', 'fixtures', name), /^(?!golden)/);
  const tfjs = ['convnet', 'masked', 'mixed'].map((name) =>
    bytesIn(join(fixtures, 'tfjs', 'fixtures', name), /^(model\.json|.*\.bin)$/),
  );
  const onnxFiles = bytesIn(join(fixtures, 'onnx', 'fixtures'), /^(?!encoder|mha).*\.onnx$/);
  const bin = (name) => readFileSync(join(fixtures, 'transformer', 'llama2c', 'fixtures', name));

  /** All that `load` does before the process of the first runs is started. */
  const decoded = ({ 'model.onnx': bytes }) => {
    const where = 'model.onnx';
    const graph = checkGraph(parseOnnx(new Uint8Array(bytes), where), where);
    weightBytes(graph);
    oversized(graph, 2 ** 31 - 1);
    drawsRandom(graph);
    const inputs = new Inputs(inputSpecs(graph, where));
    const dependent = dependents(graph);
    candidates(graph, dependent);
    answers(graph);
    byValues(graph, dependent);
    inSteps(graph, dependent);
    return [inputs, new Editor(graph, new Map(), where)];
  };

  const texts = ['abc', ' The quick\n', 'é😀', ''];
  const tokens = (tokenizer) => {
    for (const text of texts) tokenizer.decode(tokenizer.encode(text));
  };

  const { EvidenceReader } = inside('reports/evidence-folder');
  const { makeReport } = inside('reports/report');
  const { toTerminal } = inside('reports/terminal');
  const { toSummary } = inside('reports/summary');
  const { toHtml } = inside('reports/html');
  const typed = () =>
    Object.assign(new Error('the line is a check that was not judged'), { code: 'BAD_EVIDENCE', what: '', hint: '' });

  const remembered = join(folder, 'failures');
  mkdirSync(remembered);
  const { Failures, fileOfFailures } = inside('matchers/failures');
  const { expect } = require('expect');
  expect.extend({ toBehaveLike: inside('matchers/toBehaveLike').toBehaveLike });
  const add = (name, wrong) =>
    congruity.model({
      name,
      fingerprint: name,
      sites: [{ name: 'a', axes: ['feature'], shape: [2] }],
      run: ({ inputs: rows, capture }) => ({
        logits: {
          shape: [rows.length, 3],
          data: rows.flatMap(([a, b]) =>
            [0, 1, 2].map((i) => (i === (wrong && a === 2 && b === 1 ? 1 : (a + b) % 3) ? 3 : 0)),
          ),
        },
        activations: Object.fromEntries(capture.map((site) => [site, { shape: [rows.length, 2], data: rows.flat() }])),
      }),
    });
  const on = congruity.task({
    name: 'sums',
    inputs: congruity.pairs(congruity.range(3), congruity.range(3)),
    behaviour: congruity.accuracy(([a, b]) => (a + b) % 3),
    threshold: { atLeast: 0.5 },
  });
  const [right, wrong] = [add('right', false), add('wrong', true)];
  const place = { testPath: join(folder, 'sums.test.js'), test: 'sums', matcher: 'toBehaveLike', context: {} };
  process.env.CONGRUITY_FAILURES = remembered;
  delete process.env.CI;
  const file = fileOfFailures(place);
  const failure = json({
    about: '',
    test: 'sums',
    failures: [
      {
        matcher: 'toBehaveLike',
        claim: 'right like right: sums',
        words: '[2, 1]',
        seed: 0,
        path: '7',
        value: '[2, 1]',
      },
      {
        matcher: 'toBehaveLike',
        claim: 'wrong like right: sums',
        words: '[2, 1]',
        seed: 0,
        path: '7',
        value: '[2, 1]',
      },
    ],
  });
  /** Whatever is remembered, what holds holds, and what fails fails. */
  async function verdicts({ 'failures.txt': bytes }, i) {
    expect.setState({ testPath: place.testPath, currentTestName: 'sums' });
    writeFileSync(file, bytes);
    const subject = i % 2 === 0 ? right : wrong;
    const fails = await expect(subject)
      .toBehaveLike(right, { on })
      .then(
        () => false,
        (error) => {
          if (error.matcherResult === undefined && !/MatcherError/.test(error.name)) throw error;
          return true;
        },
      );
    if (fails !== (subject === wrong))
      throw new Error(`a remembered failure changed the verdict to ${fails ? 'fails' : 'holds'}`);
    if (existsSync(file)) new Failures(place, 'x').entries();
  }

  const { loadConfig } = inside('cli/config');
  const config = join(folder, 'config');
  mkdirSync(join(config, 'work'), { recursive: true });
  for (const name of ['a.safetensors', 'b.safetensors']) writeFileSync(join(config, name), '');
  writeFileSync(join(config, 'task.cjs'), 'module.exports = 1; module.exports.task = 1;');

  return {
    tf,
    isTyped: (error) => congruity.isCongruityError?.(error) ?? inside('src/errors').isCongruityError(error),
    list: {
      'ONNX, decoded': { variants: Object.values(onnxFiles).map((bytes) => ({ 'model.onnx': bytes })), read: decoded },
      'ONNX, run': { variants: Object.values(onnxFiles).map((bytes) => ({ 'model.onnx': bytes })), read: loads() },
      '.npy': {
        variants: Object.values(bytesIn(join(root, 'tests', 'io', 'fixtures'), /\.npy$/)).map((bytes) => ({
          'a.npy': bytes,
        })),
        read: async (files) => {
          put(at, files);
          await congruity.readRepresentations(join(at, 'a.npy'));
        },
      },
      'safetensors of representations': {
        variants: [{ 'a.safetensors': readFileSync(join(fixtures, 'onnx', 'fixtures', 'types.safetensors')) }],
        read: async (files) => {
          put(at, files);
          await congruity.readRepresentations(join(at, 'a.safetensors'));
        },
      },
      TransformerLens: { variants: [transformerLens()], read: loads([1, 2, 3]) },
      'Hugging Face': { variants: ['llama-f16-sharded', 'gpt2-untied', 'text-gpt2'].map(hf), read: loads([1, 2, 3]) },
      tokenizers: {
        variants: ['digits', 'gpt2', 'llama', 'llama3', 'neox', 'unigram', 'whitespace', 'wordpiece'].map((name) =>
          bytesIn(join(root, 'tests', 'tokenizers', 'fixtures', name), /^tokenizer/),
        ),
        read: async (files) => {
          put(at, files);
          tokens(await congruity.hfTokenizer(at));
        },
      },
      'llama2.c': {
        variants: ['own.bin', 'shared.bin'].map((name) => ({ 'a.bin': bin(name) })),
        read: loads([1, 2, 3]),
      },
      'llama2.c tokenizers': {
        variants: [{ 'tokenizer.bin': llamaTokens() }],
        read: async (files) => {
          put(at, files);
          tokens(await congruity.llama2cTokenizer(join(at, 'tokenizer.bin')));
        },
      },
      tfjs: { variants: tfjs, read: loads() },
      'gate configs': {
        variants: [{ 'congruity.config.json': json(gates) }],
        read: async (files) => {
          for (const [name, bytes] of Object.entries(files)) writeFileSync(join(config, name), bytes);
          await loadConfig(join(config, 'congruity.config.json'), join(config, 'work'));
        },
      },
      evidence: {
        variants: evidence.map((line) => ({ 'a.jsonl': Buffer.from(line) })),
        read: (files, i) => {
          put(at, files);
          const found = new EvidenceReader(at).next(true);
          const report = makeReport(
            found.map(({ check }) => check),
            { version: '0.0.0', started: new Date(0), seconds: 1 },
          );
          // a report can be made of whatever was taken
          toTerminal(report, { colour: false, width: 100 });
          toSummary(report);
          if (i % 10 === 0) toHtml(report);
          if (found.every(({ check }) => check.error?.code === 'BAD_EVIDENCE')) throw typed();
        },
      },
      'remembered failures': { variants: [{ 'failures.txt': failure }], read: verdicts },
    },
  };
}
