/** One gate of a config, for commands that are about one. */
import { OptionError } from '../src/errors.js';
import { suggest } from '../src/options.js';
import type { Gate } from '../suites/config.js';
import type { Loaded } from './config.js';

/** The gate of this name, or the only one. @throws OptionError */
export function gateOf({ config, shown }: Loaded, name: string | undefined): Gate {
  const { gates } = config;
  const names = gates.map((gate) => gate.name);
  if (name === undefined && gates.length === 1) return gates[0]!;
  const found = gates.find((gate) => gate.name === name);
  if (found) return found;
  throw new OptionError({
    what: name === undefined ? `the config has ${gates.length} gates` : `there is no gate "${name}"`,
    where: name === undefined ? shown : '--gate',
    hint: name === undefined ? `say for which: --gate '${names[0]!}'` : suggest(name, names),
  });
}
