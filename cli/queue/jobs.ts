/** What is in the queue: gates, each found again by all that its verdict follows from, and draws of gates that are being judged. */
import { createHash, hash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { code } from '../../src/code.js';
import type { DrawRange } from '../../src/verdict/draw-ahead.js';
import { version } from '../../src/version.js';
import type { Gate, GateLevels } from '../../suites/config.js';
import type { Loaded } from '../config.js';
import { pathsOf } from '../shards/divide.js';

export interface GateJob {
  readonly gate: string;
  readonly seed: number;
  readonly backend: string | undefined;
  readonly levels: GateLevels;
  /** SHA-256 of each model, by its path in the config: a worker that has others leaves the job to another */
  readonly models: Readonly<Record<string, string>>;
}

/** Some draws of a gate: what a fingerprint holds of them. Whoever judges the gate finds them in its cache. */
export interface DrawsJob extends DrawRange {
  readonly of: GateJob;
  /** id of that job */
  readonly id: string;
}

/** Workers take jobs of their own config, files and version alone. */
export const queueName = ({ sources }: Loaded): string =>
  `congruity-${hash('sha256', JSON.stringify([version, code, sources.toSorted()])).slice(0, 32)}`;

async function digest(path: string): Promise<string> {
  const whole = createHash('sha256');
  const found = await stat(path);
  if (found.isDirectory())
    for (const name of (await readdir(path)).toSorted())
      whole.update(`${JSON.stringify(name)}${await digest(join(path, name))}`);
  else for await (const chunk of createReadStream(path)) whole.update(chunk as Buffer);
  return whole.digest('hex');
}

/** SHA-256 of the models that a gate names by path. */
export async function modelsOf(gate: Gate, folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const path of pathsOf(gate)) {
    found[path] ??= await digest(resolve(folder, path));
    // a transformer's configuration lies beside its weights
    const beside = resolve(folder, path).replace(/\.safetensors$/, '.json');
    if (beside !== resolve(folder, path) && (await stat(beside).catch(() => undefined)))
      found[`${path}: its configuration`] ??= await digest(beside);
  }
  return found;
}

/** SHA-256 of all that the verdict follows from. Of a model that a function makes nobody can say what that is: such a job is never found again. */
export function jobId(job: GateJob, { baseline, candidate, options }: Gate): string {
  const bank = options?.bank;
  const isKnown =
    [baseline, candidate].every((side) => typeof side === 'string') && (bank === undefined || bank === 'copies');
  return hash('sha256', JSON.stringify([job, isKnown ? 'known' : randomUUID()]));
}
