/** Whether a program does a task that somebody else has stated. */
import { OptionError } from '../errors.js';
import { groupBy } from '../group-by.js';
import { percent } from '../format.js';
import type { AnyTask } from '../task/task.js';
import type { Value } from './language/value.js';
import type { Program } from './program.js';

const text = (value: unknown): string => JSON.stringify(value) ?? 'undefined';

/**
 * Refuses a task whose right answers do not follow from the program's output: a model that does the task does not compute the program then, whatever it looks like inside. The answers may have other
 * names than the outputs. Only tasks that count right answers are looked at: of others no share is known that the program would need.
 * @param position whose output is the answer, negative from the end
 * @throws OptionError
 */
export function requireDoesTask(
  program: Program,
  { behaviour, threshold }: AnyTask,
  inputs: readonly (readonly Value[])[],
  position: number,
): void {
  const { answer } = behaviour;
  if (answer === undefined || behaviour.best !== 1 || !('atLeast' in threshold)) return;
  const alike = groupBy(inputs, (input) => text(program.run(input).output.at(position)));
  let right = 0;
  for (const group of alike.values()) {
    const answers = groupBy(group, (input) => text(answer.call(behaviour, input)));
    right += Math.max(...[...answers.values()].map(({ length }) => length));
  }
  const share = right / inputs.length;
  if (share < threshold.atLeast)
    throw new OptionError({
      what: `${program.name} gives the right answer of the task for at most ${percent(share)} of inputs, whatever its outputs are called; the task asks for ${percent(threshold.atLeast)}`,
      where: 'on',
      hint: 'give a task that the program does: by default it is programTask(program)',
    });
}
