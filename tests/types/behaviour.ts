/** Checked by the compiler alone (npm run types): what a behaviour's functions may do with an input. */
import { accuracy, klToClean, logitDifference, pairs, range, task } from '../../index.js';

const given = { name: 'sums', inputs: pairs(range(3), range(3)), threshold: { atLeast: 1 } } as const;

task({ ...given, behaviour: accuracy(([a, b]: [number, number]) => a + b) });
task({ ...given, behaviour: accuracy(([a, b]: readonly number[]) => a! + b!) });
task({ ...given, behaviour: klToClean(), threshold: { atMost: 1 } });
// @ts-expect-error: an input has no such member
task({ ...given, behaviour: accuracy((input: [number, number]) => input.lenght) });
// @ts-expect-error: the inputs are pairs, not texts
task({ ...given, behaviour: accuracy((text: string) => text.length) });
// @ts-expect-error: the type of the input is not named
// oxfmt-ignore
task({ ...given, behaviour: logitDifference(([a]) => a, ([, b]) => b) });
