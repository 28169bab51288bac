// From an empty folder to a gate that is run in every way there is. What happens is in README.md.
//   node examples/story/story.mjs            packs this checkout and installs it in a new folder
//   node examples/story/story.mjs FOLDER     in a folder that is empty, below one where congruity is installed
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandsIn, end, hasRedis, pythonWithTorch, startRedis } from './commands.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..', '..');

function install() {
  const folder = mkdtempSync(join(tmpdir(), 'congruity-story-'));
  const npm = (args, cwd) => {
    const { status, stdout, stderr } = spawnSync('npm', args, { cwd, encoding: 'utf8' });
    if (status !== 0) throw new Error(`npm ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const [{ filename }] = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], root));
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  npm(
    [
      'install',
      '--no-audit',
      '--no-fund',
      `./${filename}`,
      'jest@30',
      'fast-check@4',
      'vitest@4',
      'bullmq@6',
      'ioredis@5',
    ],
    folder,
  );
  const story = join(folder, 'story');
  mkdirSync(story);
  return story;
}

const folder = process.argv[2] ?? install();
const { congruity, vitest, python, beside } = commandsIn(folder);
const torch = pythonWithTorch();
const at = (...path) => join(folder, ...path);
const read = (path) => JSON.parse(readFileSync(at(path), 'utf8'));
/** What is of a run, and not of what it found: docs/machines.md. */
const found = (path) =>
  read(path).checks.map(({ test, status, evidence: { seconds: _1, rows: _2, power: _3, ...evidence } }) => ({
    test: test.replace('release gate ', ''),
    status,
    evidence,
  }));
const ofGates = () => found('congruity-report/report.json');
const byName = (path) => Object.fromEntries(found(path).map(({ test, evidence }) => [test, evidence]));

const told = [];
/** @param absent what keeps it from running here, or false */
async function chapter(title, absent, work) {
  console.log(`\n== ${title}${absent ? `: skipped, ${absent}` : ''}`);
  const started = performance.now();
  if (!absent) await work();
  told.push({ title, ...(absent ? { skipped: absent } : { seconds: (performance.now() - started) / 1000 }) });
}

const noTorch = torch === undefined && 'no python3 with numpy and torch; CONGRUITY_PYTHON may name one';
/** Where nothing can be trained: models of another example, of which the last two do not add as the others do. The sixth is the fifth, rounded. */
const standIns = [
  'released',
  'quantised',
  'finetuned',
  'finetuned-further',
  'constant-attention',
  'constant-attention',
];
/** A safetensors file of float32 as bfloat16 has it: what lies behind the header loses the lower half of each number. */
function roundWeights(path) {
  const bytes = readFileSync(path);
  for (let i = 8 + Number(bytes.readBigUInt64LE()); i < bytes.length; i += 4) bytes.writeUInt16LE(0, i);
  writeFileSync(path, bytes);
}
function standIn() {
  writeFileSync(at('addition.mjs'), readFileSync(at('addition.mjs'), 'utf8').replace('modulus = 11', 'modulus = 43'));
  mkdirSync(at('models'));
  for (const [i, name] of standIns.entries()) {
    const from = (ending) => join(root, 'examples', 'modular-addition', 'models', `${name}.${ending}`);
    for (const ending of ['json', 'safetensors']) cpSync(from(ending), at('models', `step-${i + 1}.${ending}`));
    if (i === 5) roundWeights(at('models', 'step-6.safetensors'));
    congruity(['fingerprint', `models/step-${i + 1}.safetensors`, '--gate', 'the last step']);
  }
}

await chapter('init, in the empty folder and with a config', false, () => {
  writeFileSync(
    at('package.json'),
    JSON.stringify({ private: true, type: 'module', devDependencies: { vitest: '4' } }),
  );
  assert.match(congruity(['init'], 2), /No model was found here, and nothing was written/);
  cpSync(join(here, 'files'), folder, { recursive: true });
  assert.match(congruity(['init', '--no-run']), /written +congruity\.test\.mjs/);
});

await chapter('six steps of a training in Python, with a fingerprint of each', noTorch, () => {
  cpSync(join(root, 'examples', 'python-training', 'train.py'), at('train.py'));
  congruity(['export-inputs', '--gate', 'the last step']);
  python(torch, ['train.py', 'inputs.safetensors', 'models', 'baselines']);
});
if (noTorch) standIn();

await chapter('a gate without the old models stops another mechanism', false, () => {
  for (const step of [1, 2, 3, 5]) rmSync(at('models', `step-${step}.safetensors`));
  congruity(['gate', '--workers', '1'], 1);
  assert.deepEqual(
    ofGates().map(({ test, status }) => [test, status]),
    [
      ['the fourth step', 'held'],
      ['the last step', 'violated'],
    ],
  );
});

await chapter('drift over six steps, and the change found by bisect', false, () => {
  congruity(['drift', 'baselines'], 1);
  assert.deepEqual(
    read('congruity-drift/drift.json').steps.map(({ before }) => before.outcome),
    ['equivalent', 'equivalent', 'equivalent', 'different', 'equivalent'],
  );
  const bisected = JSON.parse(congruity(['bisect', 'baselines', '--json'], 1));
  assert.equal(bisected.changed, 'baselines/step-5.safetensors');
  assert.ok(bisected.comparisons.length <= 1 + Math.ceil(Math.log2(5)));
});

await chapter('the same in Vitest', false, () => {
  vitest(1);
  // this one computes everything anew
  assert.deepEqual(byName('by-vitest/report.json'), byName('congruity-report/report.json'));
});

await chapter('the same over three shards', false, () => {
  const shards = [1, 2, 3].map((shard) => `shard-${shard}`);
  for (const [i, shard] of shards.entries()) congruity(['gate', '--shard', `${i + 1}/3`, '--out', shard], [0, 1]);
  congruity(['merge', ...shards, '--out', 'merged'], 1);
  assert.deepEqual(found('merged/report.json'), ofGates());
});

await chapter('the same over a queue', !hasRedis() && 'no redis-server', async () => {
  const redis = await startRedis(folder);
  const worker = beside(['work', '--queue', redis.url]);
  try {
    congruity(['gate', '--queue', redis.url, '--out', 'queued'], 1);
    assert.deepEqual(found('queued/report.json'), ofGates());
  } finally {
    await end(worker, 'SIGINT');
    await end(redis.child, 'SIGKILL');
  }
});

writeFileSync(at('story.json'), JSON.stringify(told, null, 2));
const lines = told.map(({ title, seconds, skipped }) =>
  skipped ? `skipped  ${title}: ${skipped}` : `${seconds.toFixed(1).padStart(5)} s  ${title}`,
);
console.log(`\n${lines.join('\n')}\n\n${folder}`);
