/** `congruity ledger`: what a ledger says of its stream, and whether it is in order. */
import { resolve } from 'node:path';
import { number, percent, plural } from '../../src/format.js';
import { OptionError } from '../../src/errors.js';
import { shownPath } from '../../src/io/system.js';
import { suggest } from '../../src/options.js';
import { oneLine, plainJson } from '../../src/plain.js';
import { eBH, heldRates, type HeldRate } from '../../src/statistics/streams.js';
import { defaultPolicy } from '../../src/verdict/rule/policy.js';
import { notEmpty } from '../arguments.js';
import { alarmsOf, createLedger, readLedger, type Ledger } from './file.js';

/** As typed: texts. */
export interface LedgerArguments {
  readonly create?: boolean | undefined;
  readonly hold?: string | undefined;
  readonly alpha?: string | undefined;
  readonly includes?: string | undefined;
  readonly json?: boolean | undefined;
}

const inWords: Record<HeldRate, (alpha: number) => string> = {
  ever: (alpha) => `the probability of any false alarm at all is at most ${percent(alpha)}`,
  fdr: (alpha) => `of the alarms, ${percent(alpha)} are false on average at most (e-LOND)`,
};

function text({ head, rows, last }: Ledger, together: readonly boolean[]): string {
  const lines = rows.map(
    ({ row, at, gate, outcome, level, logE, alarm, why }, i) =>
      `${String(row).padStart(5)}  ${at.slice(0, 10)}  ${alarm ? 'ALARM' : together[i] ? 'e-BH ' : '     '}  ${oneLine(gate)}: ${outcome}, e-value ${number(Math.exp(logE))} of ${number(1 / level)}${why === undefined ? '' : ` (${oneLine(why)})`}`,
  );
  const found = together.filter(Boolean).length;
  return [
    ...lines,
    `${plural(rows.length, 'row')}, ${plural(alarmsOf(rows), 'alarm')}: ${inWords[head.hold](head.alpha)}.`,
    `Looked at once, all together, e-BH finds ${found} at a false discovery rate of ${percent(head.alpha)}.`,
    `Last row: ${last}`,
    '',
  ].join('\n');
}

function options({ hold = 'ever', alpha }: LedgerArguments): { hold: HeldRate; alpha: number } {
  if (!(heldRates as readonly string[]).includes(hold))
    throw new OptionError({ what: `--hold is "${hold}"`, where: '--hold', hint: suggest(hold, heldRates) });
  const level = alpha === undefined ? defaultPolicy.alpha : Number(alpha);
  if (!(level > 0 && level < 0.5))
    throw new OptionError({
      what: `--alpha is "${alpha!}", not a number above 0 and below 0.5`,
      where: '--alpha',
      hint: 'give a rate, as in --alpha 0.05',
    });
  return { hold: hold as HeldRate, alpha: level };
}

/**
 * Checks and prints a ledger, or begins one. Exit code 1 if there is an alarm.
 * @throws LedgerError where it is not in order, OptionError
 */
export function ledgerCommand(given: string, args: LedgerArguments): 0 | 1 {
  notEmpty(given, 'the ledger', 'congruity ledger releases.jsonl');
  const path = resolve(given);
  if (!args.create && (args.hold !== undefined || args.alpha !== undefined))
    throw new OptionError({
      what: 'what a ledger holds is settled when it is begun',
      where: args.hold === undefined ? '--alpha' : '--hold',
      hint: 'leave it out, or begin another ledger with --create',
    });
  const ledger = args.create ? createLedger(path, options(args)) : readLedger(path);
  const { head, rows, last } = ledger;
  if (args.includes !== undefined && ![head.hash, ...rows.map((row) => row.hash)].includes(args.includes))
    throw new OptionError({
      what: 'the ledger has no row of this hash: it is another one, or rows were taken off its end',
      where: shownPath(path),
      hint: 'take the file from version control or a backup',
    });
  const together = eBH(
    rows.map(({ logE }) => logE),
    head.alpha,
  );
  process.stdout.write(
    args.json
      ? `${plainJson(JSON.stringify({ hold: head.hold, alpha: head.alpha, last, rows: rows.map((row, i) => ({ ...row, eBH: together[i]! })) }, null, 2))}\n`
      : text(ledger, together),
  );
  return alarmsOf(rows) > 0 ? 1 : 0;
}
