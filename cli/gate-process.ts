/** Judges one gate, in a process of its own (cli/apart.ts). The check is left where a reporter would look for it. */
import { judgeGate } from '../suites/gate.js';
import type { MatcherContext } from '../matchers/context.js';
import { toBeInterpretivelyEquivalent } from '../matchers/toBeInterpretivelyEquivalent.js';
import { asOrdered } from './apart-process.js';
import { orderedGate, type GateOrder } from './gate-order.js';

const asItIs = (text: string): string => text;

asOrdered<GateOrder>(async (order) => {
  const gate = orderedGate(order);
  // there is no test here, and the command makes its own message of the check
  const context: MatcherContext = {
    currentTestName: gate.name,
    utils: { matcherHint: asItIs, EXPECTED_COLOR: asItIs, RECEIVED_COLOR: asItIs },
  };
  await judgeGate(gate, order.context, { test: gate.name, testPath: undefined }, (candidate, baseline, options) =>
    toBeInterpretivelyEquivalent.call(context, candidate, baseline, options),
  );
});
