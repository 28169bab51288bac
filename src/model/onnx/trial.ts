/**
 * onnxruntime in a process of its own, for the first runs of a file. It checks little of what its operators are given: among random graphs of single
 * operators, one in a few hundred made version 1.30 end its process (OneHot with an empty depth, DepthToSpace with a size beyond 32 bits). A file that does so takes a helper
 * along, and not the tests.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { ModelError } from '../../errors.js';
import { ortPath, outsideView, silent, type OrtSession, type OrtTensor, type Runtime } from './runtime.js';

/** Plain JavaScript for `node -e`: it loads onnxruntime, reads the files of weights, and does as it is told. */
const helper = `
const { readFileSync } = require('node:fs');
const ort = require(process.argv[1]);
const sessions = new Map();
let files = [];
const bits = (data) => data.constructor.name === 'Float16Array' ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data;
const work = {
  files({ paths }) { files = paths.map((path) => readFileSync(path)); return {}; },
  async create({ id, model, options, names }) {
    const session = await ort.InferenceSession.create(model, { ...options, externalData: names.map((path, i) => ({ path, data: files[i] })) });
    sessions.set(id, session);
    return { inputNames: session.inputNames, outputNames: session.outputNames, outputMetadata: session.outputMetadata && session.outputMetadata.map(({ name, isTensor, type }) => ({ name, isTensor, type })) };
  },
  async run({ id, feeds, fetches }) {
    const tensors = Object.fromEntries(Object.entries(feeds).map(([name, { type, data, dims }]) => [name, new ort.Tensor(type, data, dims)]));
    const found = await sessions.get(id).run(tensors, fetches);
    return Object.fromEntries(Object.entries(found).map(([name, { type, dims, data }]) => [name, { type, dims: [...dims], data: Array.isArray(data) ? [] : bits(data) }]));
  },
  async release({ id }) { await sessions.get(id).release(); sessions.delete(id); return {}; },
};
process.on('message', async ({ call, what, ...rest }) => {
  try { process.send({ call, result: await work[what](rest) }); } catch (error) { process.send({ call, error: String(error && error.message || error) }); }
});
process.on('disconnect', () => process.exit(0));
process.send({ ready: true });
`;

/** No file takes longer than this to be tried. */
const longest = 600_000;

interface Waiting {
  readonly done: (result: never) => void;
  readonly failed: (error: unknown) => void;
}

class Helper {
  private readonly waiting = new Map<number, Waiting>();
  private calls = 0;
  private gone: Error | undefined;

  constructor(
    private readonly child: ChildProcess,
    private readonly where: string,
  ) {
    child.on('message', (message: { call?: number; result?: unknown; error?: string }) => {
      const waiter = this.waiting.get(message.call ?? -1);
      if (waiter === undefined) return;
      this.waiting.delete(message.call!);
      if (message.error === undefined) waiter.done(message.result as never);
      else waiter.failed(new Error(message.error));
    });
    const end = (how: string, cause?: unknown): void => {
      this.gone ??= new ModelError({
        what: `onnxruntime ends its process on this file (${how})`,
        where: this.where,
        todo: 'the file is damaged or hostile, larger than the memory, or meets a fault of onnxruntime: check it with the onnx package, and export it anew',
        cause,
      });
      for (const { failed } of this.waiting.values()) failed(this.gone);
      this.waiting.clear();
    };
    child.on('exit', (code, signal) => end(signal ?? `exit code ${code}`));
    child.on('error', (cause) => end(cause.message, cause));
  }

  ask<T>(what: string, rest: object): Promise<T> {
    if (this.gone) return Promise.reject(this.gone);
    const call = this.calls++;
    return new Promise<T>((done, failed) => {
      this.waiting.set(call, { done: done as Waiting['done'], failed });
      this.child.send({ call, what, ...rest }, (error) => {
        if (error) this.child.kill('SIGKILL');
      });
    });
  }
}

export interface Trial {
  readonly runtime: Runtime;
  /** Ends the helper, whatever it is doing. */
  end(): void;
}

/**
 * A helper for one file. Undefined where no process can be started: then the file has to be tried in this one.
 * @param paths the file itself and its files of weights, in the order in which sessions name them
 */
export async function openTrial(paths: readonly string[], where: string): Promise<Trial | undefined> {
  const ort = await ortPath();
  if (ort === undefined) return undefined;
  const { NODE_OPTIONS: _, ...env } = process.env;
  let child: ChildProcess;
  try {
    child = spawn(process.execPath, ['-e', helper, ort], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], serialization: 'advanced', env: { ...env, ...silent }, windowsHide: true });
  } catch {
    return undefined;
  }
  const started = await new Promise<boolean>((resolve) => {
    child.once('message', () => resolve(true));
    child.once('exit', () => resolve(false));
    child.once('error', () => resolve(false));
  });
  if (!started) return undefined;
  const timer = setTimeout(() => child.kill('SIGKILL'), longest);
  timer.unref();
  const one = new Helper(child, where);
  let ids = 0;
  const runtime: Runtime = {
    async createSession(model, options, weights) {
      const id = ids++;
      const about = await one.ask<Pick<OrtSession, 'inputNames' | 'outputNames' | 'outputMetadata'>>('create', { id, model: outsideView(model, 'Uint8Array'), options, names: weights.map(({ path }) => path) });
      return {
        ...about,
        run: (feeds, fetches) => one.ask<Record<string, OrtTensor>>('run', { id, feeds: { ...feeds }, fetches: [...fetches] }),
        release: async () => {
          await one.ask('release', { id }).catch(() => undefined);
        },
      };
    },
    tensor: async (type, data, dims) => ({ type, data: outsideView(data, type), dims: [...dims] }),
  };
  const end = (): void => {
    clearTimeout(timer);
    child.kill('SIGKILL');
  };
  try {
    await one.ask('files', { paths: [...paths] });
  } catch (error) {
    end();
    throw error;
  }
  return { runtime, end };
}
