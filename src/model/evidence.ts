/** Models, and where they ran, as evidence names them. */
import * as z from 'zod';
import type { Plain } from '../schema.js';
import { accelerator } from '../tensor/kernels/openblas.js';
import { version } from '../version.js';
import type { Model } from './model.js';

export const modelSchema = z.strictObject({ name: z.string(), kind: z.string(), fingerprint: z.string() });

export type ModelEvidence = Plain<typeof modelSchema>;

export const environmentSchema = z.strictObject({
  congruity: z.string().describe('Version of congruity.'),
  node: z.string(),
  platform: z.string(),
  backend: z.string(),
  backendDescription: z.string(),
});

export type Environment = Plain<typeof environmentSchema>;

export const modelEvidence = ({ name, kind, fingerprint }: Model): ModelEvidence => ({ name, kind, fingerprint });

/** Where models ran. */
export function environmentOf(models: readonly Model[]): Environment {
  const backends = [...new Map(models.map(({ backend }) => [backend.name, backend])).values()];
  const blas = accelerator();
  return {
    congruity: version,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    backend: backends.map(({ name }) => name).join(', '),
    backendDescription: [
      ...backends.map(({ description }) => description),
      ...(blas === undefined ? [] : [`Grams and ridge distances by ${blas}`]),
    ].join('; '),
  };
}
