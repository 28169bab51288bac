// taken once: a look-up of a global is slow inside Jest's sandbox
const { log, exp } = Math;

/** log of the sum of exponentials of what wealth is left, in logs: without overflow, -Infinity where all is lost, Infinity where one has won without bound. -Infinity for nothing. */
export function logSumExp(logs: readonly number[]): number {
  let largest = -Infinity;
  for (const one of logs) if (one > largest) largest = one;
  // their difference from themselves is no number
  if (largest === -Infinity || largest === Infinity) return largest;
  let sum = 0;
  for (const one of logs) sum += exp(one - largest);
  return largest + log(sum);
}
