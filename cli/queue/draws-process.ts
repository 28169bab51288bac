/** Makes some draws of a gate, in a process of its own: models and tasks are anyone's code, and it is ended once the gate is judged. */
import { createRequire } from 'node:module';
import { drawGateAhead } from '../../suites/ahead.js';
import type { Gate } from '../../suites/config.js';
import { exported } from '../config.js';
import type { GateContext } from '../../suites/gate.js';
import type { DrawRange } from '../../src/verdict/draw-ahead.js';

export interface DrawsOrder {
  /** CommonJS file that exports the config */
  readonly module: string;
  /** place of the gate in it */
  readonly index: number;
  /** where its task was bundled, if it is a reference */
  readonly task: string | undefined;
  readonly context: GateContext;
  readonly range: DrawRange;
}

async function draw({ module, index, task, context, range }: DrawsOrder): Promise<void> {
  const { gates } = exported(createRequire(module)(module)) as { gates: Gate[] };
  const gate = gates[index]!;
  await drawGateAhead(task === undefined ? gate : { ...gate, task }, context, range);
}

process.on('disconnect', () => process.exit(1));
process.once('message', (order: DrawsOrder) => {
  draw(order).then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    },
  );
});
