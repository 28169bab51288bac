/** How long a run takes, of both kinds of time. */
import { cpuUsage } from 'node:process';
import { clock } from '../src/signal.js';

/** Begins to measure; what it gives says how much was used since, in seconds. */
function stopwatch(): () => { readonly seconds: number; readonly cpuSeconds: number } {
  const [started, used] = [clock(), cpuUsage()];
  return () => {
    const { user, system } = cpuUsage(used);
    return { seconds: (clock() - started) / 1000, cpuSeconds: (user + system) / 1e6 };
  };
}

/** Work, and the seconds of processor time that it took. */
export async function timed<T>(work: () => Promise<T>): Promise<readonly [T, number]> {
  const taken = stopwatch();
  const result = await work();
  return [result, taken().cpuSeconds];
}

/** Begins to measure; each call of what it gives brings a result's times up to date. */
export function timing(result: { seconds: number; cpuSeconds: number }): () => void {
  const { seconds, cpuSeconds } = result;
  const taken = stopwatch();
  return () => {
    const more = taken();
    result.seconds = seconds + more.seconds;
    result.cpuSeconds = cpuSeconds + more.cpuSeconds;
  };
}
