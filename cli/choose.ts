/** Which gates of a config are meant, and how `--list` names them. */
import { OptionError } from '../src/errors.js';
import { suggest } from '../src/options.js';
import { oneLine, plainJson } from '../src/plain.js';
import type { Gate, GateSide } from '../suites/config.js';
import type { Loaded } from './config.js';

/** @throws OptionError for a name that no gate has */
export function chosen({ config: { gates }, shown }: Loaded, only: readonly string[] | undefined): readonly Gate[] {
  if (!only || only.length === 0) return gates;
  for (const name of only)
    if (!gates.some((gate) => gate.name === name))
      throw new OptionError({
        what: `there is no gate "${name}"`,
        where: shown,
        hint: suggest(
          name,
          gates.map((gate) => gate.name),
        ),
      });
  return gates.filter((gate) => only.includes(gate.name));
}

/** Why a run is not of the whole config; undefined if it is. */
export const onlySome = (some: number, all: number): string | undefined =>
  some < all ? `only ${some} of the ${all} gates (--only)` : undefined;

const sideInWords = (side: GateSide): string =>
  typeof side === 'string'
    ? side
    : typeof side === 'function'
      ? 'made by a function'
      : 'open' in side
        ? side.description
        : side.name;

/** The gates for `--list`, as text or JSON. */
export function listed({ shown }: Loaded, gates: readonly Gate[], json: boolean): string {
  const all = gates.map(({ name, candidate, baseline, task }) => ({
    name,
    candidate: sideInWords(candidate),
    baseline: sideInWords(baseline),
    task: typeof task === 'string' ? task : task.name,
  }));
  if (json) return `${plainJson(JSON.stringify({ config: shown, gates: all }, null, 2))}\n`;
  return all
    .map(
      ({ name, candidate, baseline, task }) =>
        `${oneLine(name)}: ${oneLine(candidate)} against ${oneLine(baseline)}, on ${oneLine(task)}\n`,
    )
    .join('');
}
