#!/usr/bin/env node
/** The command, as a process. */
// before anything else is loaded
import { onLastResort } from './last-resort.js';
import { command, explain } from './command.js';

onLastResort(explain);
// a reader that has seen enough (`| head`) is no reason to lose the report or the exit code
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
void command(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
