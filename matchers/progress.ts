/** Tells a person at a terminal how far a matcher is. Jest's workers have none: there the reporter passes on what they leave in its folder. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { clock } from '../src/signal.js';
import { EVIDENCE_FOLDER } from './record.js';

/** Set by the reporter where it has a terminal; as in reports/reporter.ts, which may not import this. */
const WATCHED = 'CONGRUITY_WATCHED';
/** Milliseconds between two lines, and before the first: what is over sooner needs none. */
const EVERY = 10_000;

/**
 * A function to call as often as one likes with what is being done: now and then it is said.
 * @param every milliseconds
 */
export function sayer(test: string, every = EVERY): (doing: string) => void {
  let due = clock() + every;
  return (doing) => {
    if (clock() < due) return;
    due = clock() + every;
    // quoted: a name may hold line breaks and worse
    const line = `${JSON.stringify(test)}: ${doing}\n`;
    const folder = process.env[EVIDENCE_FOLDER];
    if (process.env[WATCHED] && folder) appendFileSync(join(folder, `${process.pid}.progress`), line);
    else if (!folder && process.stderr.isTTY) process.stderr.write(line);
  };
}
