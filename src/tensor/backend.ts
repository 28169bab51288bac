/** Which engine does the tensor work: the fastest that is installed and gives right numbers, or the one asked for. */
import * as tf from '@tensorflow/tfjs-core';
import { BackendError, OptionError } from '../errors.js';
import { backendNames, type BackendName } from './backend-names.js';
import { openNode } from './backends/node.js';
import { openWasm } from './backends/wasm.js';
import { openWebgpu } from './backends/webgpu.js';
import { nearest } from '../options.js';

// tfjs keeps one environment per process. Its core, loaded again by jest.resetModules, sets the platform again, and would warn that it is set.
const environment = tf.env();
const { setPlatform } = environment;
environment.setPlatform = (name, platform) => {
  if (name === environment.platformName) environment.platform = platform;
  else setPlatform.call(environment, name, platform);
};

interface Engine {
  /** tfjs's own name of it. Both native packages register `tensorflow` */
  readonly registered: string;
  /** Registers it so that tfjs can start it without waiting, and returns what is worth saying of it. */
  readonly open: (named: boolean) => Promise<string>;
}

/** What opens each. */
const backends = {
  'tfjs-node-gpu': { registered: 'tensorflow', open: () => openNode('@tensorflow/tfjs-node-gpu') },
  'tfjs-node': { registered: 'tensorflow', open: () => openNode('@tensorflow/tfjs-node') },
  webgpu: { registered: 'webgpu', open: openWebgpu },
  wasm: { registered: 'wasm', open: openWasm },
  cpu: {
    registered: 'cpu',
    open: async () => {
      if (!tf.findBackendFactory('cpu')) await import('@tensorflow/tfjs-backend-cpu');
      // it advertises tfjs-node on the terminal when first used
      (tf.findBackend('cpu') as { firstUse?: boolean }).firstUse = false;
      return 'plain JavaScript';
    },
  },
} satisfies Readonly<Record<BackendName, Engine>>;

/** What tfjs computes with. */
export interface Backend {
  readonly name: BackendName;
  /** for reports: versions, and the adapter where one is known */
  readonly description: string;
  /** why each backend that would have been preferred was passed over; empty where this one was asked for */
  readonly why: readonly { readonly backend: BackendName; readonly reason: string }[];
  /**
   * Runs synchronous tensor work on this backend, and hands tfjs back as it was: tfjs has one current backend per
   * process, and a model may share it with other models or with the user's own tensors.
   */
  within<T>(work: () => T): T;
}

/** Options of `backend`. */
export interface BackendOptions {
  /** what tfjs computes with. @defaultValue the environment variable `CONGRUITY_BACKEND`, else the first of `backendNames` that works */
  readonly backend?: BackendName | undefined;
}

/** A product with a known answer, in which every term matters; every number is exact in float32. */
async function verify(within: Backend['within']): Promise<void> {
  const n = 5;
  const k = 7;
  const m = 6;
  const expected = Float32Array.from({ length: n * m }, (_, at) => {
    let sum = 0;
    for (let j = 0; j < k; j++) sum += (Math.floor(at / m) * 3 - j) * (2 * j + 1 - (at % m) * 5);
    return sum;
  });
  const a = Float32Array.from({ length: n * k }, (_, at) => Math.floor(at / k) * 3 - (at % k));
  const b = Float32Array.from({ length: k * m }, (_, at) => 2 * Math.floor(at / m) + 1 - (at % m) * 5);
  const product = within(() => tf.tidy(() => tf.matMul(tf.tensor2d(a, [n, k]), tf.tensor2d(b, [k, m]))));
  try {
    const got = await product.data();
    const wrong = expected.findIndex((value, at) => got[at] !== value);
    if (wrong >= 0)
      throw new Error(
        `a ${n} x ${k} x ${m} matrix product came out wrong: ${got[wrong]} instead of ${expected[wrong]}`,
      );
  } finally {
    product.dispose();
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split('\n')[0]!;

/** tfjs has one current backend. Switching between started ones is synchronous. */
function within<T>(name: string, work: () => T): T {
  const current = tf.engine().backendName as string | undefined;
  if (current === name) return work();
  void tf.setBackend(name);
  try {
    return work();
  } finally {
    if (current) void tf.setBackend(current);
  }
}

async function start(name: BackendName, named: boolean): Promise<Backend> {
  const { open, registered: id }: Engine = backends[name];
  const detail = await open(named);
  const before = tf.engine().backendName as string | undefined;
  try {
    if (!(await tf.setBackend(id))) throw new Error('tfjs could not start it');
  } finally {
    if (before) await tf.setBackend(before);
  }
  const started: Backend = {
    name,
    description: `${name} (tfjs ${tf.version_core}, Node ${process.versions.node}; ${detail})`,
    why: [],
    within: (work) => within(id, work),
  };
  await verify(started.within);
  return started;
}

/** Openings so far, by what was asked for. tfjs's registry is one per process, so openings take turns. */
const opened = new Map<string, Promise<Backend>>();
let turn: Promise<unknown> = Promise.resolve();

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const result = turn.then(work);
  turn = result.catch(() => undefined);
  return result;
}

async function openNamed(name: BackendName): Promise<Backend> {
  try {
    return await start(name, true);
  } catch (error) {
    throw new BackendError({
      what: `the backend ${name} does not work here: ${reasonOf(error)}`,
      hint: 'install what it needs, or name another one (option backend, or CONGRUITY_BACKEND); without a name the best that works is taken',
      cause: error,
    });
  }
}

async function openFirst(): Promise<Backend> {
  const why: { backend: BackendName; reason: string }[] = [];
  for (const name of backendNames) {
    try {
      return { ...(await start(name, false)), why };
    } catch (error) {
      why.push({ backend: name, reason: reasonOf(error) });
    }
  }
  throw new BackendError({
    what: `no backend works here: ${why.map(({ backend: name, reason }) => `${name}: ${reason}`).join('; ')}`,
    hint: 'reinstall @tensorflow/tfjs-backend-wasm and @tensorflow/tfjs-backend-cpu',
  });
}

/**
 * The backend to compute on. Opened once per process; the same call gives the same object.
 *
 * @throws OptionError for an unknown name
 * @throws BackendError where the one named does not work, with the reason
 */
export function backend(options: BackendOptions = {}): Promise<Backend> {
  const fromEnvironment = options.backend === undefined;
  const asked = options.backend ?? (process.env.CONGRUITY_BACKEND || undefined);
  if (asked !== undefined && !(backendNames as readonly unknown[]).includes(asked)) {
    return Promise.reject(
      new OptionError({
        what: `there is no backend ${JSON.stringify(asked)}; the nearest is ${nearest(String(asked), [...backendNames])}`,
        where: fromEnvironment ? 'CONGRUITY_BACKEND' : 'options.backend',
        hint: `choose one of ${backendNames.join(', ')}`,
      }),
    );
  }
  const key = asked ?? '';
  let found = opened.get(key);
  if (found === undefined) {
    found = inTurn(() => (asked === undefined ? openFirst() : openNamed(asked as BackendName)));
    opened.set(key, found);
    // a failure may be repaired (a variable set, a package installed): ask again next time
    found.catch(() => opened.delete(key));
  }
  return found;
}
