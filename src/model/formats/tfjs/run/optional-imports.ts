/** tfjs's packages for models, optional peers. */
import { BackendError } from '../../../../errors.js';
import type { Converter } from './taps.js';

const missing = (name: string, cause: unknown): BackendError => {
  const said = (cause instanceof Error ? cause.message : String(cause)).split('\n')[0]!;
  const absent = String((cause as { code?: unknown } | null)?.code).endsWith('MODULE_NOT_FOUND') && said.includes(name);
  return new BackendError({
    what: absent ? `${name} is not installed` : `${name} is installed and cannot be loaded: ${said}`,
    where: 'a tfjs model',
    hint: absent
      ? `install it: npm install ${name}@4`
      : `install it in the version of @tensorflow/tfjs-core, both 4.x: npm install ${name}@4 @tensorflow/tfjs-core@4`,
    cause,
  });
};

export async function openConverter(): Promise<Converter> {
  try {
    return (await import('@tensorflow/tfjs-converter')) as unknown as Converter;
  } catch (cause) {
    throw missing('@tensorflow/tfjs-converter', cause);
  }
}

/** The members of tfjs-layers that are used. */
export interface LayersPackage {
  readonly models: { modelFromJSON(config: object): Promise<unknown> };
  readonly layers: { readonly Layer: { readonly prototype: { addWeight(...parameters: unknown[]): unknown } } };
}

export async function openLayers(): Promise<LayersPackage> {
  try {
    return (await import('@tensorflow/tfjs-layers')) as unknown as LayersPackage;
  } catch (cause) {
    throw missing('@tensorflow/tfjs-layers', cause);
  }
}
