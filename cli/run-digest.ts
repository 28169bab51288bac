/** What a run follows from: machines that share it out must be of one mind. */
import { hash } from 'node:crypto';
import { code } from '../src/code.js';
import { version } from '../src/version.js';
import type { Gate } from '../suites/config.js';
import type { Loaded } from './config.js';

/**
 * SHA-256 of the config with every file that it imports, of the gates that are meant, their seeds, the backend, and this library. Not of where they lie, and not of
 * the models: each verdict names those that it is of.
 */
export function runDigest(
  { sources }: Loaded,
  gates: readonly Gate[],
  { seedOf, backend }: { readonly seedOf: (gate: Gate) => number; readonly backend: string | undefined },
): string {
  const said = [version, code, sources.toSorted(), gates.map((gate) => [gate.name, seedOf(gate)]), backend ?? null];
  return hash('sha256', JSON.stringify(said));
}
