/** How long a run takes, of both kinds of time. */
import { cpuUsage } from 'node:process';
import { clock } from '../src/signal.js';

/** Begins to measure; what it gives says how much was used since, in seconds. */
export function stopwatch(): () => { readonly seconds: number; readonly cpuSeconds: number } {
  const [started, used] = [clock(), cpuUsage()];
  return () => {
    const { user, system } = cpuUsage(used);
    return { seconds: (clock() - started) / 1000, cpuSeconds: (user + system) / 1e6 };
  };
}
