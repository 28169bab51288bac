/** What the process of a gate is told, and how it finds the gate. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { CacheOption } from '../src/cache/options.js';
import type { Gate, GateLevels } from '../suites/config.js';
import type { GateContext } from '../suites/gate.js';
import { defaultSeconds } from '../suites/limit.js';
import { exported, type Loaded } from './config.js';

export interface GateOrder {
  /** CommonJS file that exports the config */
  readonly module: string;
  /** place of the gate in it */
  readonly index: number;
  /** where its task was bundled, if it is a reference */
  readonly task: string | undefined;
  readonly context: GateContext & {
    /** its limit */
    readonly seconds: number;
  };
}

/** The gate that is meant. */
export function orderedGate({ module, index, task }: GateOrder): Gate {
  const { gates } = exported(createRequire(module)(module)) as { gates: Gate[] };
  const gate = gates[index]!;
  return task === undefined ? gate : { ...gate, task };
}

/** A gate that is about to run. */
export interface PreparedGate {
  readonly gate: Gate;
  readonly order: GateOrder;
  /** of the environment of its process */
  readonly env: Readonly<Record<string, string>>;
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

/** The order for one gate of a config, and its limit in seconds. */
export function orderFor(
  { folder, config, module, tasks }: Loaded,
  gate: Gate,
  { seed, backend, cache, levelsOf }: GateRunOptions,
): GateOrder {
  return {
    module,
    index: config.gates.indexOf(gate),
    task: tasks.get(gate),
    context: {
      configDir: folder,
      seconds: gate.seconds ?? config.seconds ?? defaultSeconds(gate.options),
      seed,
      backend: backend as GateContext['backend'],
      cache,
      levels: levelsOf(gate),
    },
  };
}

/** Gates with all that their processes need. @param work a folder for what they leave */
export function prepareGates(
  loaded: Loaded,
  gates: readonly Gate[],
  work: string,
  run: GateRunOptions,
): PreparedGate[] {
  return gates.map((gate) => {
    const order = orderFor(loaded, gate, run);
    const progressFile = join(work, `${order.index}.progress`);
    return {
      gate,
      order: { ...order, context: { ...order.context, progressFile } },
      env: { ...run.env, CONGRUITY_REPLAY: replayOf(loaded.shown, gate, run.seedOf(gate)) },
    };
  });
}
