/** One Jest test file per gate. It says only which gate; how a gate is tested is suites/gate.ts. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CacheOption } from '../src/cache/options.js';
import type { Gate, GateLevels } from '../suites/config.js';
import type { GateContext } from '../suites/gate.js';
import { defaultSeconds } from '../suites/limit.js';
import type { Loaded } from './config.js';
import { built } from './package-paths.js';

export interface GateFile {
  readonly gate: Gate;
  readonly file: string;
  readonly progress: string;
  /** holds the number of the process that runs it, once that has begun */
  readonly process: string;
  /** its limit */
  readonly seconds: number;
}

const quote = (text: string): string => (/^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** One command that runs this gate again. */
export function replayOf(shown: string, gate: Gate, seed: number): string {
  return `npx congruity gate ${quote(shown)} --only ${quote(gate.name)} --seed ${seed}`;
}

export interface GateRunOptions {
  readonly seed: number | undefined;
  readonly backend: string | undefined;
  readonly cache: CacheOption;
  readonly levelsOf: (gate: Gate) => GateLevels;
  readonly seedOf: (gate: Gate) => number;
  /** of the environment of its process */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** What a gate is given beside itself. */
export const gateContext = (
  { folder, config }: Loaded,
  gate: Gate,
  { seed, backend, cache, levelsOf }: GateRunOptions,
): GateContext & { readonly seconds: number } => ({
  configDir: folder,
  seconds: gate.seconds ?? config.seconds ?? defaultSeconds(gate.options),
  seed,
  backend: backend as GateContext['backend'],
  cache,
  levels: levelsOf(gate),
});

/** Writes the test file of each gate into the work folder. */
export function writeTestFiles(loaded: Loaded, gates: readonly Gate[], work: string, run: GateRunOptions): GateFile[] {
  return gates.map((gate) => {
    const index = loaded.config.gates.indexOf(gate);
    const file = join(work, `${String(index).padStart(4, '0')}.gate.cjs`);
    const progress = join(work, `${index}.progress`);
    const process = join(work, `${index}.process`);
    const context = gateContext(loaded, gate, run);
    const env = { ...run.env, CONGRUITY_REPLAY: replayOf(loaded.shown, gate, run.seedOf(gate)) };
    const task = loaded.tasks.get(gate);
    const lines = [
      `'use strict';`,
      `require('node:fs').writeFileSync(${JSON.stringify(process)}, String(process.pid));`,
      `Object.assign(process.env, ${JSON.stringify(env)});`,
      `const { gateTest } = require(${JSON.stringify(join(built, 'suites', 'gate.js'))});`,
      `const found = require(${JSON.stringify(loaded.module)});`,
      `const config = found.__esModule ? found.default : found;`,
      `gateTest({ ...config.gates[${index}]${task === undefined ? '' : `, task: ${JSON.stringify(task)}`} }, ${JSON.stringify({ ...context, progressFile: progress })});`,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    return { gate, file, progress, process, seconds: context.seconds };
  });
}
