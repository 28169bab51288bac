/** Draws of a gate that is judged elsewhere. */
import { drawAhead, type DrawRange } from '../src/verdict/draw-ahead.js';
import type { Gate } from './config.js';
import { openGate, type GateContext } from './gate.js';
import { Opened } from './open.js';

/**
 * Loads the gate's models and makes some of its draws, which are kept in the cache of the context.
 * @throws as loading and drawing do
 */
export async function drawGateAhead(gate: Gate, context: GateContext, range: DrawRange): Promise<void> {
  const folder = context.configDir ?? process.cwd();
  const opened = new Opened(folder, context.backend);
  const { signal } = new AbortController();
  try {
    const { sides, options } = await openGate(gate, context, opened, folder, signal);
    // nothing is judged, and whoever judges ends it
    const { power: _1, maxSeconds: _2, ...drawing } = options;
    await drawAhead(...sides, drawing, range);
  } finally {
    opened.dispose();
  }
}
