/** `congruity doctor`, as a shell runs it, on packages that are here, on none, and on such as break. */
import { afterAll, expect, test } from '@jest/globals';
import { diagnose, toText, type Diagnosis } from '../../cli/doctor/doctor.js';
import { Project } from './command.js';

const project = new Project();
afterAll(() => project.remove());

const broken = (name: string, source: string): void => {
  project.write(
    `node_modules/${name}/package.json`,
    JSON.stringify({ name, version: '9.9.9', main: 'i.js', bin: 'i.js' }),
  );
  project.write(`node_modules/${name}/i.js`, source);
};

test('what is here works, and is tried: numbers are computed, and a test runs', async () => {
  const { code, stdout, stderr } = await project.run([
    'doctor',
    'cpu',
    'onnxruntime-node',
    'vitest',
    'tfjs-node-gpu',
    '--json',
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { ok, tried } = JSON.parse(stdout) as Diagnosis;
  expect(ok).toBe(true);
  expect(tried).toMatchObject([
    { name: 'cpu', state: 'works', detail: expect.stringMatching(/^tfjs 4\..*plain JavaScript$/) },
    { name: 'onnxruntime-node', state: 'works', detail: expect.stringMatching(/^1\.\d+/) },
    { name: 'vitest', state: 'works', detail: expect.stringMatching(/^4\./) },
    { name: 'tfjs-node-gpu', state: 'not installed', help: expect.stringContaining('CUDA') },
  ]);
});

test('what breaks, or ends its process, does not work, and no verdict is lost', async () => {
  broken('fast-check', 'process.exit(3)');
  broken('jest', "console.error('TypeError: no such engine'); process.exit(1)");
  const { code, stdout } = await project.run(['doctor', 'fast-check', 'jest', 'default backend']);
  expect(code).toBe(1);
  expect(stdout).toMatch(/✗ fast-check +does not work: it ended its process with code 3 \(for matchers/);
  expect(stdout).toMatch(/✗ jest +does not work: a test with the matchers fails: TypeError: no such engine/);
  expect(stdout).toMatch(/✓ default backend +wasm|webgpu|tfjs-node/);
  expect(stdout).toContain('would help: npm install --save-dev jest\n');
  expect(stdout).toContain('What congruity needs does not work: fast-check, jest.\n');
});

test('an unknown name says what is tried', async () => {
  expect(await project.run(['doctor', 'wasn'])).toMatchObject({ code: 2, stderr: expect.stringContaining('wasm') });
});

test('what is optional may be missing', () => {
  const missing = { name: 'webgpu', purpose: 'models', needed: false, state: 'not installed', help: 'a GPU' } as const;
  const found = diagnose([
    missing,
    { name: 'default backend', purpose: 'x', needed: true, state: 'works', detail: 'wasm' },
  ]);
  expect(found.ok).toBe(true);
  expect(toText(found, false)).toContain('What congruity needs works. It computes models on wasm.');
  expect(diagnose([{ ...missing, needed: true }]).ok).toBe(false);
});
