/** The other end of cli/apart.ts. */
import { Socket } from 'node:net';

/** Which of its pipes such a process is told its order by, and says what becomes of it: a line of JSON each. The channel of `fork` is a model's as well, and ends who reads it with any line that is no JSON. */
export const PIPE = 3;

/** What it says. */
export type Said =
  /** it has its order, and begins */
  | { readonly type: 'started' }
  /** `problem`: the error that the work ended with, if it did */
  | { readonly type: 'finished'; readonly problem?: string | undefined };

// before a model can put others in their places
const exit = process.exit.bind(process);
const { stringify, parse } = JSON;

const problemOf = (error: unknown): string => {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'what was thrown cannot be put into words';
  }
};

/** Does the work that the process is ordered, and ends with it: whatever a model left open must not keep anyone waiting. */
export function asOrdered<Order>(work: (order: Order) => Promise<void>): void {
  const pipe = new Socket({ fd: PIPE }).setEncoding('utf8');
  // lines of their own, whatever stands before them
  const say = (said: Said, then?: () => void): void => void pipe.write(`\n${stringify(said)}\n`, then);
  const finish = (problem?: string): void => say({ type: 'finished', problem }, () => exit(0));
  // what a model or a task left running fails after them
  for (const event of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(event, (error: unknown) => finish(problemOf(error)));
  // whoever gave the order is gone, and nobody reads what is said: all of this process's group ends, where there are groups
  pipe.on('close', () => {
    try {
      process.kill(-process.pid, 'SIGKILL');
    } catch {
      exit(1);
    }
  });
  pipe.on('error', () => undefined);
  let text = '';
  const hear = (more: string): void => {
    text += more;
    if (!text.endsWith('\n')) return;
    pipe.off('data', hear);
    // read on, for its end
    pipe.resume();
    const order = parse(text) as Order;
    say({ type: 'started' }, () => {
      work(order).then(
        () => finish(),
        (error: unknown) => finish(problemOf(error)),
      );
    });
  };
  pipe.on('data', hear);
}
