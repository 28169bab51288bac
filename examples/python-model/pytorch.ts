// A congruity Model of a PyTorch model that lives in a Python process (serve.py).
import { model, type FunctionAnswer, type FunctionRequest, type FunctionSite, type Model } from 'congruity';
import { Pipe } from './pipe';

const base64 = (array: Uint8Array | Float32Array): string =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');

function decode(value: unknown): { shape: readonly number[]; data: Float32Array } {
  const { shape, data } = value as { shape: readonly number[]; data: string };
  const bytes = new Uint8Array(Buffer.from(data, 'base64'));
  return { shape, data: new Float32Array(bytes.buffer, 0, bytes.length >> 2) };
}

export interface PytorchOptions {
  /** for reports */
  readonly name: string;
  /** the interpreter; default `python3` */
  readonly python?: string;
  /** a script that calls serve(), and its arguments */
  readonly script: readonly string[];
  /** sites to compare models by; default: all */
  readonly representation?: readonly string[];
}

/** Starts the process and asks it what it has. `dispose` ends it. */
export async function pytorchModel({
  name,
  python = 'python3',
  script,
  representation,
}: PytorchOptions): Promise<Model> {
  const pipe = new Pipe(python, ['-B', ...script]); // -B: no __pycache__ beside the script
  try {
    const { sites, fingerprint, backend } = await pipe.hello;
    return model({
      name,
      sites: sites as FunctionSite[],
      fingerprint: fingerprint as string,
      backend: { name: 'pytorch', description: `${String(backend)}, ${python}` },
      ...(representation ? { representation } : {}),
      async run({ inputs, capture, patches, logits }: FunctionRequest): Promise<FunctionAnswer> {
        const answer = await pipe.ask({
          inputs,
          capture,
          logits,
          patches: patches.map(({ site, shape, mask, values }) => ({
            site,
            shape,
            mask: mask ? base64(mask) : null,
            values: base64(values),
          })),
        });
        return {
          activations: Object.fromEntries(
            Object.entries(answer.activations as object).map(([site, value]) => [site, decode(value)]),
          ),
          ...(logits ? { logits: decode(answer.logits) } : {}),
        };
      },
      check: (input) =>
        Array.isArray(input) && input.every((token) => Number.isInteger(token) && token >= 0)
          ? undefined
          : 'an input is a list of tokens',
      dispose: () => pipe.close(),
    });
  } catch (error) {
    pipe.close();
    throw error;
  }
}
