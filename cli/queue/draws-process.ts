/** Makes some draws of a gate, in a process of its own (cli/apart.ts), which is ended once the gate is judged. */
import { drawGateAhead } from '../../suites/ahead.js';
import type { DrawRange } from '../../src/verdict/draw-ahead.js';
import { asOrdered } from '../apart-process.js';
import { orderedGate, type GateOrder } from '../gate-order.js';

export interface DrawsOrder extends GateOrder {
  readonly range: DrawRange;
}

asOrdered<DrawsOrder>((order) => drawGateAhead(orderedGate(order), order.context, order.range));
