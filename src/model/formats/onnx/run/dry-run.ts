/**
 * onnxruntime in a process of its own, for the first runs of a file. It checks little of what its operators are given: among random graphs of single
 * operators, one in a few hundred made version 1.30 end its process (OneHot with an empty depth, DepthToSpace with a size beyond 32 bits). A file that does so takes a helper
 * along, and not the tests.
 */
import type { ChildProcess } from 'node:child_process';
import { BackendError, ModelError } from '../../../../errors.js';
import { limited, watch, type Limits } from './limited.js';
import { ortPath, outsideView, type OrtSession, type OrtTensor, type Runtime } from './runtime.js';

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
  async run({ id, feeds, fetches, most }) {
    const tensors = Object.fromEntries(Object.entries(feeds).map(([name, { type, data, dims }]) => [name, new ort.Tensor(type, data, dims)]));
    const found = await sessions.get(id).run(tensors, fetches);
    const bytes = Object.values(found).reduce((sum, { data }) => sum + (data.byteLength || 0), 0);
    if (bytes > most) return { tooLarge: bytes };
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

/** How onnxruntime and Node say that there is no more memory. */
const noMemory =
  /bad[_ ]?alloc|Failed to allocate|out of memory|Array buffer allocation|Cannot allocate|would require more than \d+ bytes/i;

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
    private readonly limits: Limits,
    private readonly where: string,
  ) {
    child.on('message', (message: { call?: number; result?: unknown; error?: string }) => {
      const waiter = this.waiting.get(message.call ?? -1);
      if (waiter === undefined) return;
      this.waiting.delete(message.call!);
      if (message.error === undefined) waiter.done(message.result as never);
      else waiter.failed(noMemory.test(message.error) ? this.tooMuchMemory(message.error) : new Error(message.error));
    });
    const ends = (how: string, cause?: unknown): void =>
      this.end(
        new ModelError({
          what: `onnxruntime ends its process on this file (${how})`,
          where: this.where,
          hint: `the file is damaged or hostile, needs more memory than the ${limits.memory} bytes that are allowed (maxMemory) or there, or meets a fault of onnxruntime: check it with the onnx package, and export it anew`,
          cause,
        }),
      );
    child.on('exit', (code, signal) => ends(signal ?? `exit code ${code}`));
    child.on('error', (cause) => ends(cause.message, cause));
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

  /** Ends the helper, whatever it is doing; what was asked for fails with the first reason that is given. */
  end(why: Error): void {
    this.gone ??= why;
    for (const { failed } of this.waiting.values()) failed(this.gone);
    this.waiting.clear();
    this.child.kill('SIGKILL');
  }

  tooMuchMemory(cause?: unknown): ModelError {
    return new ModelError({
      what: `the model is too large: its first runs need more than the ${this.limits.memory} bytes of memory that are allowed, or more than there are`,
      where: this.where,
      hint: 'if the file is to be trusted and the memory is there, raise maxMemory',
      cause,
    });
  }

  tooSlow(): ModelError {
    return new ModelError({
      what: `the model is too slow: its first runs take more than the ${this.limits.seconds} seconds that are allowed`,
      where: this.where,
      hint: 'if the file is to be trusted, raise maxSeconds',
    });
  }

  tooLarge(bytes: number): ModelError {
    return new ModelError({
      what: `the activations of one input take ${bytes} bytes, more than the ${this.limits.results} that are allowed`,
      where: this.where,
      hint: 'raise maxBytes, if the memory is there',
    });
  }
}

export interface DryRun {
  readonly runtime: Runtime;
  /** Ends the helper, whatever it is doing. */
  end(): void;
}

/**
 * A helper for one file, within limits.
 * @param paths the file itself and its files of weights, in the order in which sessions name them
 * @throws ModelError where the file does not keep within the limits; later, by what the runtime is asked for
 * @throws BackendError where no helper can be started
 */
export async function openTrial(paths: readonly string[], limits: Limits, where: string): Promise<DryRun> {
  const ort = await ortPath();
  const child = ort === undefined ? undefined : await limited(['-e', helper, ort], limits);
  if (child === undefined)
    throw new BackendError({
      what: `the file cannot be tried in a process of its own: ${ort === undefined ? 'it cannot be told where onnxruntime-node was loaded from' : 'none can be started'}`,
      where,
      hint: 'if the file is to be trusted, say trusted: true; it is then tried in this process',
    });
  const one = new Helper(child, limits, where);
  const timer = setTimeout(() => one.end(one.tooSlow()), limits.seconds * 1000);
  timer.unref();
  const unwatch = watch(child.pid!, limits.memory, () => one.end(one.tooMuchMemory()));
  const end = (): void => {
    clearTimeout(timer);
    unwatch();
    child.kill('SIGKILL');
  };
  let ids = 0;
  const runtime: Runtime = {
    async createSession(model, options, weights) {
      const id = ids++;
      const about = await one.ask<Pick<OrtSession, 'inputNames' | 'outputNames' | 'outputMetadata'>>('create', {
        id,
        model: outsideView(model, 'Uint8Array'),
        options,
        names: weights.map(({ path }) => path),
      });
      return {
        ...about,
        async run(feeds, fetches) {
          const found = await one.ask<Record<string, OrtTensor> & { tooLarge?: number }>('run', {
            id,
            feeds: { ...feeds },
            fetches: [...fetches],
            most: limits.results,
          });
          if (typeof found.tooLarge === 'number') throw one.tooLarge(found.tooLarge);
          return found;
        },
        release: async () => {
          await one.ask('release', { id }).catch(() => undefined);
        },
      };
    },
    tensor: async (type, data, dims) => ({ type, data: outsideView(data, type), dims: [...dims] }),
  };
  try {
    await one.ask('files', { paths: [...paths] });
  } catch (error) {
    end();
    throw error;
  }
  return { runtime, end };
}
