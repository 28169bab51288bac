/** What `congruity doctor` tries, one object each. Every try runs in a process of its own: a native package that is broken may end it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { backend } from '../../src/tensor/backend.js';
import { backendNames, type BackendName } from '../../src/tensor/backend-names.js';
import { removeTemporary, temporaryFolder } from '../../src/io/temporary.js';
import { built, ownEntry } from '../package-paths.js';

export interface Try {
  readonly name: string;
  /** what it is for, after "for" */
  readonly purpose: string;
  /** what would help where it does not work */
  readonly help: string;
  /** false: congruity does without */
  readonly needed: boolean;
  /**
   * @param folder the user's
   * @returns what works, with its version
   * @throws what keeps it from working; NotInstalled where it is not there at all
   */
  run(folder: string): string | Promise<string>;
}

class NotInstalled extends Error {}

const absent = /Cannot find (?:module|package) '([^']*)'|is not installed/;

/** A module that a file in the user's folder finds, or this package. @throws NotInstalled */
function find(name: string, folder: string): string {
  for (const from of [folder, built])
    try {
      return createRequire(join(from, 'index.js')).resolve(name);
    } catch {
      // the next one
    }
  throw new NotInstalled(`${name} is not installed`);
}

const versionOf = (manifest: string): string =>
  (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;

/** What is said of each backend. The first that works is taken. */
const backends: Record<BackendName, { readonly purpose: string; readonly help: string }> = {
  'tfjs-node-gpu': {
    purpose: 'models on an NVIDIA GPU under Linux',
    help: 'Node 22 or older, CUDA, and npm install @tensorflow/tfjs-node-gpu with its install script (npm rebuild)',
  },
  'tfjs-node': {
    purpose: 'models on the CPU, by TensorFlow',
    help: 'Node 22 or older, and npm install @tensorflow/tfjs-node with its install script (npm rebuild)',
  },
  webgpu: {
    purpose: 'models on any GPU',
    help: 'npm install webgpu @tensorflow/tfjs-backend-webgpu, and a driver: Vulkan under Linux',
  },
  wasm: { purpose: 'models on the CPU, by WebAssembly', help: 'npm install @tensorflow/tfjs-backend-wasm' },
  cpu: { purpose: 'models in plain JavaScript, slowly', help: 'npm install @tensorflow/tfjs-backend-cpu' },
};

const tfjs = (name: BackendName): Try => ({
  name,
  ...backends[name],
  needed: false,
  run: async () => inside((await backend({ backend: name })).description),
});

/** What stands between the brackets of a backend's description. */
const inside = (description: string): string => /\((.*)\)$/.exec(description)?.[1] ?? description;

export const DEFAULT_BACKEND = 'default backend';

const defaultBackend: Try = {
  name: DEFAULT_BACKEND,
  purpose: 'models where no backend is named',
  help: 'npm install @tensorflow/tfjs-backend-wasm @tensorflow/tfjs-backend-cpu, and a CONGRUITY_BACKEND that works, or none',
  needed: true,
  run: async () => (await backend()).name,
};

/** A graph with one node, `y = Identity(x)`, of one float. */
const GRAPH = 'CAg6NwoQCgF4EgF5IghJZGVudGl0eRIBZ1oPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCAhAN';

const onnx: Try = {
  name: 'onnxruntime-node',
  purpose: 'ONNX models',
  help: 'ONNXRUNTIME_NODE_INSTALL=skip npm install --save-dev onnxruntime-node',
  needed: false,
  async run() {
    const { here, ortVersion, sessionOptions } = await import('../../src/model/formats/onnx/run/runtime.js');
    const options = sessionOptions({ threads: 1, optimisation: 'disabled' });
    const session = await here.createSession(Buffer.from(GRAPH, 'base64'), options, []);
    const x = await here.tensor('float32', new Float32Array([2.5]), [1]);
    const { y } = await session.run({ x }, ['y']);
    await session.release();
    if (y?.data[0] !== 2.5) throw new Error(`it computes ${String(y?.data[0])} of 2.5`);
    return ortVersion();
  },
};

const loaded = (name: string, purpose: string, needed: boolean): Try => ({
  name,
  purpose,
  help: `npm install --save-dev ${name}`,
  needed,
  run(folder) {
    const path = find(name, folder);
    require(path);
    return versionOf(find(`${name}/package.json`, folder));
  },
});

const RUNNER_SECONDS = 600;

/** Runs a test with the matchers in the user's runner: one that passes if they are there. */
function runner(
  name: string,
  purpose: string,
  needed: boolean,
  project: (work: string) => { readonly files: Record<string, string>; readonly args: readonly string[] },
): Try {
  return {
    name,
    purpose,
    help: `npm install --save-dev ${name}`,
    needed,
    run(folder) {
      const manifest = find(`${name}/package.json`, folder);
      const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: string | Record<string, string> };
      const script = join(dirname(manifest), typeof bin === 'string' ? bin : bin[name]!);
      const work = temporaryFolder('doctor');
      try {
        const { files, args } = project(work);
        for (const [path, text] of Object.entries(files)) {
          mkdirSync(dirname(join(work, path)), { recursive: true });
          writeFileSync(join(work, path), text);
        }
        const { status, stdout, stderr, error } = spawnSync(process.execPath, [script, ...args], {
          cwd: work,
          encoding: 'utf8',
          timeout: RUNNER_SECONDS * 1000,
          env: { ...process.env, NO_COLOR: '1', JEST_WORKER_ID: undefined, VITEST: undefined },
        });
        if (error) throw error;
        if (status !== 0)
          throw new Error(
            `a test with the matchers fails: ${/\w*Error: .*/.exec(stdout + stderr)?.[0] ?? `exit ${status}`}`,
          );
        return versionOf(manifest);
      } finally {
        removeTemporary(work);
      }
    },
  };
}

const body = `test('the matchers are there', () => {
  if (typeof expect(1).toBeInterpretivelyEquivalent !== 'function') throw new Error('expect has no matchers of congruity');
});\n`;

const jest = runner('jest', 'tests', true, (work) => {
  const config = { rootDir: work, transform: {}, setupFilesAfterEnv: [ownEntry('congruity/setup')] };
  return {
    files: { 'one.test.js': body, 'package.json': '{}' },
    args: ['--config', JSON.stringify(config), '--no-watchman', '--runInBand', '--no-cache'],
  };
});

const vitest = runner('vitest', 'tests', false, () => ({
  files: {
    'one.test.js': body,
    'vitest.config.mjs': `export default { test: { globals: true, watch: false, setupFiles: [${JSON.stringify(join(built, '..', 'esm', 'matchers', 'vitest.js'))}] } };\n`,
  },
  args: ['run'],
}));

/** In the order in which they are shown. */
export const tries: readonly Try[] = [
  ...backendNames.map(tfjs),
  defaultBackend,
  onnx,
  jest,
  vitest,
  loaded('fast-check', 'matchers that search for a counterexample', true),
  loaded('@tensorflow/tfjs-layers', 'tfjs layers models', false),
  loaded('@tensorflow/tfjs-converter', 'tfjs graph models', false),
];

/** How a try came out. */
export interface Tried {
  readonly name: string;
  readonly purpose: string;
  readonly needed: boolean;
  readonly state: 'works' | 'does not work' | 'not installed';
  /** version, and what is worth saying */
  readonly detail?: string | undefined;
  readonly reason?: string | undefined;
  readonly help?: string | undefined;
}

/** Tries one thing, in this process. */
export async function tryOne(one: Try, folder: string): Promise<Tried> {
  const { name, purpose, needed, help } = one;
  try {
    return { name, purpose, needed, state: 'works', detail: await one.run(folder) };
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
    const state = error instanceof NotInstalled || absent.test(reason) ? 'not installed' : 'does not work';
    return { name, purpose, needed, state, reason, help };
  }
}
