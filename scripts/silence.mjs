// What of "nothing is sent" is true: loads and runs a model of every kind in every way there is (ES modules, CommonJS, a worker thread, Jest's sandbox, the command), each in a home and a temporary folder of its own, waits, and says what was
// opened to the network and what was left behind. Needs a build. With strace every call of every process is seen; without it only files that were left.
//   node scripts/silence.mjs [--seconds 25] [--only NAME]...
// onnxruntime looks up its host about 20 seconds after the first session. Prints one line of JSON per way; exits with 1 where something was sent or left.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '25' }, only: { type: 'string', multiple: true } },
});
const seconds = Number(values.seconds);
const traced = spawnSync('strace', ['-V'], { stdio: 'ignore' }).status === 0;
const fixtures = join(root, 'tests', 'model', 'formats');

/** Files of the kinds that lie on a disk, and an input for each; a function is made in place. */
const models = [
  [join(root, 'examples', 'modular-addition', 'models', 'released.safetensors'), [1, 2]],
  [join(fixtures, 'transformer', 'hf', 'fixtures', 'gpt2'), [1, 2, 3]],
  [join(fixtures, 'transformer', 'llama2c', 'fixtures', 'shared.bin'), [1, 2, 3]],
  [join(fixtures, 'onnx', 'fixtures', 'mlp.onnx'), { shape: [6], data: [1, 2, 3, 4, 5, 6] }],
  [join(fixtures, 'tfjs', 'fixtures', 'transformer'), undefined],
];

/** What each way does, given `load` and `model`. */
const work = `
const models = ${JSON.stringify(models)};
const all = async ({ load, model }) => {
  const loaded = [];
  for (const [path, input] of models) {
    const one = await load(path);
    if (input) await one.run([input]);
    loaded.push(one.kind);
  }
  const own = model({ name: 'own', fingerprint: 'own', sites: [{ name: 'a', axes: ['feature'], shape: [2] }], run: (rows, { site }) => { site('a', { shape: [rows.length, 2], data: new Float32Array(2 * rows.length) }); return { shape: [rows.length, 1], data: new Float32Array(rows.length) }; } });
  loaded.push(own.kind);
  await new Promise((resolve) => setTimeout(resolve, ${1000 * seconds}));
  return loaded;
};
`;
const cjs = JSON.stringify(join(root, 'dist', 'cjs', 'index.js'));
const esm = JSON.stringify(join(root, 'dist', 'esm', 'index.js'));
const say = "console.log('LOADED ' + JSON.stringify(loaded))";
const test = (name) =>
  `const congruity = require(${cjs});\n${work}\ntest(${JSON.stringify(name)}, async () => { const loaded = await all(congruity); process.stderr.write('LOADED ' + JSON.stringify(loaded) + '\\n'); }, ${1000 * seconds + 120_000});\n`;
const jest = [
  join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
  '--rootDir',
  '.',
  '--watchman=false',
  '--testEnvironment',
  'node',
];

const ways = {
  'ES modules': {
    files: {
      'main.mjs': `import * as congruity from ${esm};\n${work}\nconst loaded = await all(congruity); ${say}; process.exit(0);`,
    },
    args: ['main.mjs'],
  },
  CommonJS: {
    files: {
      'main.cjs': `const congruity = require(${cjs});\n${work}\nall(congruity).then((loaded) => { ${say}; process.exit(0); });`,
    },
    args: ['main.cjs'],
  },
  'a worker thread of a process that is told': {
    files: {
      'main.cjs': `process.env.ORT_DISABLE_TELEMETRY = '1';\nnew (require('node:worker_threads').Worker)('./worker.cjs').on('error', (error) => { console.error(error); process.exit(1); });`,
      'worker.cjs': `const congruity = require(${cjs});\n${work}\nall(congruity).then((loaded) => { ${say}; });`,
    },
    args: ['main.cjs'],
  },
  'Jest, in its own process': {
    files: { 'package.json': '{ "jest": { "transform": {} } }', 'a.test.js': test('a') },
    args: [...jest, '--runInBand'],
  },
  'Jest, two workers': {
    files: { 'package.json': '{ "jest": { "transform": {} } }', 'a.test.js': test('a'), 'b.test.js': test('b') },
    args: [...jest, '--maxWorkers=2'],
  },
  'the command': {
    files: {
      'congruity.config.mjs': `import { accuracy, load, task } from 'congruity';
const side = () => load('a.onnx');
const inputs = Array.from({ length: 60 }, (_, i) => ({ shape: [6], data: [i, 1, 2, i % 3, 4, 5] }));
const numbers = task({ name: 'numbers', inputs, encode: (input) => input, counterfactual: (_, random) => inputs[random.below(60)], behaviour: accuracy(() => 0), threshold: { atLeast: 0 } });
export default { gates: [{ name: 'same', baseline: side, candidate: side, task: numbers, options: { inputs: 40 } }] };`,
    },
    copy: { 'a.onnx': join(fixtures, 'onnx', 'fixtures', 'mlp.onnx') },
    args: [join(root, 'dist', 'cjs', 'cli', 'main.js'), 'gate'],
    any: true,
  },
};

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1));

function tried(name, { files, copy = {}, args, any = false }) {
  const around = realpathSync(mkdtempSync(join(tmpdir(), 'congruity-silence-')));
  try {
    const at = Object.fromEntries(['project', 'home', 'temporary'].map((one) => [one, join(around, one)]));
    Object.values(at).forEach((folder) => mkdirSync(folder));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(at.project, file), text);
    for (const [file, from] of Object.entries(copy)) cpSync(from, join(at.project, file));
    mkdirSync(join(at.project, 'node_modules'));
    symlinkSync(root, join(at.project, 'node_modules', 'congruity'));
    const trace = join(around, 'trace');
    const env = Object.fromEntries(
      Object.entries(process.env).filter(
        ([key]) => !/^(JEST_|CONGRUITY_|NODE_OPTIONS$|NODE_ENV$|XDG_|ORT_|GITHUB_)/.test(key),
      ),
    );
    Object.assign(env, {
      HOME: at.home,
      USERPROFILE: at.home,
      TMPDIR: at.temporary,
      TEMP: at.temporary,
      TMP: at.temporary,
    });
    const [command, ...rest] = traced
      ? // the kernel stops at these calls only, where it can; at every call takes half as long again
        ['strace', '-f', '--seccomp-bpf', '-o', trace, '-e', 'trace=network', process.execPath, ...args]
      : [process.execPath, ...args];
    const { status, stdout, stderr } = spawnSync(command, rest, { cwd: at.project, env, encoding: 'utf8' });
    const said = stdout + stderr;
    const calls = traced && existsSync(trace) ? readFileSync(trace, 'utf8').split('\n') : [];
    return {
      way: name,
      // the command is not judged by what it says of the model
      ran: any ? status !== null && status < 2 : status === 0 && said.includes('"onnx"'),
      kinds: said.match(/LOADED (.*)/)?.[1],
      sockets: traced
        ? calls.filter((line) => /\bAF_INET6?\b|nscd/.test(line)).map((line) => line.slice(0, 120))
        : 'not seen: strace is not installed',
      // Jest keeps what it compiled
      left: [...filesIn(at.home), ...filesIn(at.temporary).filter((file) => !/^(jest_|haste-map)/.test(file))],
      ...(status === 0 ? {} : { status, said: said.slice(-1500) }),
    };
  } finally {
    rmSync(around, { recursive: true, force: true });
  }
}

let wrong = 0;
for (const [name, way] of Object.entries(ways)) {
  if (values.only && !values.only.includes(name)) continue;
  const result = tried(name, way);
  if (!result.ran || (traced && result.sockets.length > 0) || result.left.length > 0) wrong++;
  console.log(JSON.stringify(result));
}
process.exit(wrong === 0 ? 0 : 1);
