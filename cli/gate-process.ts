/**
 * Judges one gate, in a process of its own, which leads a group of its own where the system has groups: models and tasks are anyone's code,
 * and whatever they do, the command and the other gates survive it. The check is left where a reporter would look for it.
 */
import { judgeGate } from '../suites/gate.js';
import type { MatcherContext } from '../matchers/context.js';
import { toBeInterpretivelyEquivalent } from '../matchers/toBeInterpretivelyEquivalent.js';
import { orderedGate, type GateMessage, type GateOrder } from './gate-order.js';

const say = (message: GateMessage, then?: () => void): void => void process.send!(message, undefined, undefined, then);

const asItIs = (text: string): string => text;

async function judge(order: GateOrder): Promise<void> {
  const gate = orderedGate(order);
  // there is no test here, and the command makes its own message of the check
  const context: MatcherContext = {
    currentTestName: gate.name,
    utils: { matcherHint: asItIs, EXPECTED_COLOR: asItIs, RECEIVED_COLOR: asItIs },
  };
  await judgeGate(gate, order.context, { test: gate.name, testPath: undefined }, (candidate, baseline, options) =>
    toBeInterpretivelyEquivalent.call(context, candidate, baseline, options),
  );
}

const finish = (problem?: string): void => {
  // whatever a model left open must not keep the gate waiting
  say({ type: 'finished', problem }, () => process.exit(0));
};
const problemOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

// what a model or a task left running fails after them
for (const event of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(event, (error: unknown) => finish(problemOf(error)));

// the command is gone, and nobody reads what is said: all of this process's group ends, where there are groups
process.on('disconnect', () => {
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    process.exit(1);
  }
});
process.once('message', (order: GateOrder) => {
  say({ type: 'started' });
  judge(order).then(
    () => finish(),
    (error: unknown) => finish(problemOf(error)),
  );
});
