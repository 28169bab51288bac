/** The task that a gate names. */
import { pathToFileURL } from 'node:url';
import { FileError, OptionError } from '../src/errors.js';
import { suggest } from '../src/options.js';
import { isTask, type AnyTask } from '../src/task/task.js';
import { taskReference, type Gate } from './config.js';

/** @throws FileError, OptionError where there is no such task */
export async function taskOf(given: Gate['task'], folder: string): Promise<AnyTask> {
  if (typeof given !== 'string') return given;
  const { path, name } = taskReference(given, folder);
  let found: Record<string, unknown>;
  try {
    // CommonJS requires a path, and ES modules want an address
    found = (await import(typeof require === 'function' ? path : pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    throw new FileError({
      what: `the task's file cannot be loaded: ${(error as Error).message}`,
      where: path,
      cause: error,
    });
  }
  const inner = found['default'] as Record<string, unknown> | undefined;
  const exported = name in found ? found[name] : inner?.[name];
  // a CommonJS module's exports arrive inside `default`
  const task =
    name === 'default' && exported && !isTask(exported) ? (exported as Record<string, unknown>)['default'] : exported;
  if (isTask(task)) return task;
  const names = Object.keys(found);
  throw new OptionError({
    what: name in found ? `the export "${name}" is not a task` : `there is no export "${name}"`,
    where: path,
    hint: name in found ? 'export what task({ ... }) returns' : suggest(name, names),
  });
}
