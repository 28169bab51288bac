/** A run as a part of a stream of releases: the levels that its gates have, and the rows that it enters. */
import { LedgerError } from '../../src/errors.js';
import { shownPath, statsOf } from '../../src/io/system.js';
import { checkOptions } from '../../src/options.js';
import { fewestFor } from '../../src/statistics/e-process.js';
import { levelAt } from '../../src/statistics/streams.js';
import { eValueOf } from '../../src/verdict/sequential/e-value.js';
import { BLOCK } from '../../src/verdict/sequential/running-test.js';
import { defaultPolicy } from '../../src/verdict/rule/policy.js';
import type { Check } from '../../reports/schema.js';
import { gateLevels, type Gate, type GateConfig, type GateLevels } from '../../suites/config.js';
import { gateOptionsSchema } from '../../suites/options.js';
import { alarmsOf, createLedger, enter, readLedger, type Ledger, type NewRow, type Row } from './file.js';

/** The permutation test shows no smaller p in a time that anyone has. The evidence has no such limit. */
const LEAST_ALPHA = 1e-5;

export class Stream {
  private constructor(
    readonly path: string,
    private readonly begun: Ledger,
  ) {}

  /**
   * Reads the ledger, or begins one that holds the rate of ever raising a false alarm at the config's `alpha`.
   * @throws LedgerError
   */
  static open(path: string, alpha: number | undefined): Stream {
    if (!statsOf(path))
      return new Stream(path, createLedger(path, { hold: 'ever', alpha: alpha ?? defaultPolicy.alpha }));
    const ledger = readLedger(path);
    if (alpha !== undefined && alpha !== ledger.head.alpha)
      throw new LedgerError({
        what: `the ledger holds its rate at ${ledger.head.alpha}, and the config has alpha ${alpha}`,
        where: shownPath(path),
        hint: 'give the config the alpha of the ledger, or none: what was promised of earlier releases stays',
      });
    return new Stream(path, ledger);
  }

  /** Hash of the row from which the levels follow. */
  get last(): string {
    return this.begun.last;
  }

  private turn(i: number): number {
    return (this.begun.rows.at(-1)?.turn ?? 0) + 1 + i;
  }

  /** The level of the i-th gate of the run, of all machines together. */
  level(i: number): number {
    return levelAt(this.turn(i), alarmsOf(this.begun.rows), this.begun.head);
  }

  /** What the gate is judged at: "different" holds over the stream, too, and drawing does not stop before that. */
  levels(i: number, config: GateConfig): GateLevels {
    return { ...gateLevels(config), alpha: Math.max(this.level(i), LEAST_ALPHA) };
  }

  /** That a gate draws too little for an alarm, whatever its draws say; undefined if it draws enough. */
  tooFew(i: number, { name, options }: Gate): string | undefined {
    const needed = BLOCK * fewestFor(this.level(i));
    const { draws } = checkOptions(gateOptionsSchema, options ?? {}, 'options').budget;
    return draws >= needed
      ? undefined
      : `the gate "${name}" can raise no alarm: as test ${this.turn(i)} of its stream it needs ${needed} draws, and its budget is ${draws}`;
  }

  /**
   * Enters what was judged, in the order of the gates, and gives each check its row. What was entered before with the same evidence has its row already.
   * @param gates names of all gates of the run, in their order
   * @throws LedgerError: nothing was entered
   */
  enter(checks: readonly Check[], gates: readonly string[], run: string): Check[] {
    const found = checks.map((check) => {
      const { evidence } = check;
      const i = gates.indexOf(check.test);
      if (!evidence || i < 0) return { check };
      const level = this.level(i);
      this.checkLevel(check.test, evidence.sequential.levels.alpha, level, evidence.bank !== undefined);
      const { log: logE, why } = eValueOf(evidence);
      const row: NewRow = {
        turn: this.turn(i),
        run,
        gate: check.test,
        baseline: evidence.baseline.model.fingerprint,
        candidate: evidence.candidate.model.fingerprint,
        task: evidence.task.name,
        seed: evidence.seed,
        draws: evidence.candidate.implementations.length - 1,
        outcome: evidence.outcome,
        level,
        logE,
        ...(why !== undefined && { why }),
      };
      return { check, row, known: this.begun.rows.find((one) => sameEvidence(one, row)) };
    });
    const rows = enter(
      this.path,
      this.begun,
      found.flatMap(({ row, known }) => (row && !known ? [row] : [])),
    );
    return found.map(({ check, row, known }) => {
      const own = known ?? rows.find(({ turn }) => turn === row?.turn);
      return own ? { ...check, stream: this.record(own) } : check;
    });
  }

  private checkLevel(gate: string, alpha: number, level: number, banked: boolean): void {
    const due = Math.max(level, LEAST_ALPHA);
    if (!banked && Math.abs(alpha - due) > 1e-9 * due)
      throw new LedgerError({
        what: `the gate "${gate}" was judged at level ${alpha}, and the ledger gives it ${due}`,
        where: shownPath(this.path),
        hint: 'run the gates with --ledger and the ledger that is there now',
      });
  }

  private record({ row, level, logE, alarm, hash }: Row): NonNullable<Check['stream']> {
    const { hold, alpha } = this.begun.head;
    return { row, hold, alpha, level, log10E: logE / Math.LN10, alarm, hash };
  }
}

const sameEvidence = (a: Row, b: NewRow): boolean =>
  (['gate', 'baseline', 'candidate', 'task', 'seed', 'draws', 'logE'] as const).every((key) => a[key] === b[key]);
