/** Makes some draws of a gate, in a process of its own: models and tasks are anyone's code, and it is ended once the gate is judged. */
import { drawGateAhead } from '../../suites/ahead.js';
import type { DrawRange } from '../../src/verdict/draw-ahead.js';
import { orderedGate, type GateOrder } from '../gate-order.js';

export interface DrawsOrder extends GateOrder {
  readonly range: DrawRange;
}

const draw = (order: DrawsOrder): Promise<void> => drawGateAhead(orderedGate(order), order.context, order.range);

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
