/** Verdicts on inputs that are a sample: drawn until certain, inputs and implementations drawn anew in each repeat, the truth over all inputs of the task. One side sees the edge, the other is far from it. */
import { random } from '../../src/random.js';
import type { Outcome } from '../../src/verdict/rule/outcome.js';
import { untilCertain } from '../../src/verdict/sequential/sequential.js';
import { inputSample, type InputWorld } from './inputs.js';
import { stepsOf } from './steps.js';

export interface InputVerdictCell {
  readonly said: Record<Outcome, number>;
  /** by limits over implementations alone */
  readonly alone: Record<Outcome, number>;
  /** draws a side, besides the model itself */
  readonly draws: number[];
}

/** @param world as many implementations as a comparison draws at most, and the model itself */
export async function inputVerdictCell(
  world: InputWorld,
  tau: number,
  repeats: number,
  seed: number,
): Promise<InputVerdictCell> {
  const none = { equivalent: 0, different: 0, undecided: 0 };
  const cell: InputVerdictCell = { said: { ...none }, alone: { ...none }, draws: [] };
  for (let repeat = 0; repeat < repeats; repeat++) {
    const sample = inputSample(world, tau, random(seed, `verdicts ${JSON.stringify(world)} ${tau} ${repeat}`));
    const { steps, drawn } = stepsOf({ ...sample.blocks, onGroups: sample }, world.m - 1);
    cell.said[(await untilCertain(steps)).judged.outcome]++;
    cell.draws.push(drawn() - 1);
    cell.alone[(await untilCertain(stepsOf(sample.blocks, world.m - 1).steps)).judged.outcome]++;
  }
  cell.draws.sort((a, b) => a - b);
  return cell;
}
