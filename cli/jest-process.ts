/**
 * Runs Jest in a process of its own, a group of its own where the system has groups: the command can stop it with all its workers,
 * survives whatever it does, and reports what was finished.
 */
import { join } from 'node:path';
import { LONGEST_TIMER } from '../src/signal.js';
import type { Message, Order } from './messages.js';

interface Jest {
  runCLI(argv: Record<string, unknown>, projects: string[]): Promise<unknown>;
}

/** Memory with which a process begins no further gate. */
const MOST_BYTES = 2 ** 29;

/** Jest with no habits of the user's own project: the gates' files are CommonJS already, and lie in one folder. */
function configOf({ rootDir, work, alone, workers, reporter, testEnvironment }: Order): Record<string, unknown> {
  return {
    rootDir,
    roots: [work],
    testRegex: ['\\.gate\\.cjs$'],
    testPathIgnorePatterns: [],
    modulePathIgnorePatterns: [],
    transform: {},
    testEnvironment,
    injectGlobals: true,
    testTimeout: LONGEST_TIMER,
    maxWorkers: workers,
    reporters: [reporter],
    cacheDirectory: join(work, 'cache'),
    watchman: false,
    // gates run in processes of their own even where they run one after the other, so that one can be ended without the rest; of one there is no rest. What a process has kept of many gates it
    // gives back by ending
    ...(alone ? {} : { workerIdleMemoryLimit: MOST_BYTES }),
  };
}

async function run(order: Order): Promise<void> {
  const { runCLI } = require(order.jest) as Jest;
  const config = JSON.stringify(configOf(order));
  await runCLI(
    {
      _: [],
      $0: 'congruity',
      config,
      maxWorkers: order.workers,
      runInBand: order.alone,
      ci: true,
      watchman: false,
      // nobody sees the lines of our own code that Jest would print beside an error
      noStackTrace: true,
    },
    [order.rootDir],
  );
  const done: Message = { type: 'done' };
  // whatever a model left open must not keep the gate waiting
  process.send!(done, undefined, undefined, () => process.exit(0));
}

// the command is gone, and nobody reads what its gates say: all of this process's group ends, where there are groups
process.on('disconnect', () => {
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    process.exit(1);
  }
});
process.once('message', (order: Order) => {
  run(order).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  });
});
