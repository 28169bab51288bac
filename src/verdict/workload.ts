/** What a comparison has before it: rows to compute, and how long that takes at the speed measured so far. A guide for people and for time limits; it decides nothing. */
import { BUDGET, OVERHEAD, RANK_ON } from '../circuit/rank.js';
import { CancelledError } from '../errors.js';
import { duration } from '../format.js';
import { countRows, type Rows } from '../rows.js';
import { clock, longTimer } from '../signal.js';

/** How far a comparison is. */
export interface Work {
  /** rows that went through a model, and how many it will be at most: all draws of the budget, though drawing stops as soon as the verdict is certain */
  readonly rows: number;
  readonly of: number;
  /** rows besides of which what came out was known from before, where there are some */
  readonly kept?: number | undefined;
  /** seconds that the rest takes at most, at the speed so far; undefined before there is one */
  readonly seconds?: number | undefined;
}

const thousands = (n: number): string => String(n).replaceAll(/\B(?=(\d{3})+$)/g, ' ');

/** `drawing implementations: 5 120 of at most 41 000 rows, at most 40 s left` */
export function workInWords(doing: string, work: Work | undefined): string {
  if (!work) return doing;
  const left =
    work.seconds === undefined
      ? ''
      : `, ${work.seconds < 1 ? 'a moment' : `at most ${duration(Math.round(work.seconds))}`} left`;
  const kept = work.kept ? `, ${thousands(work.kept)} known from before` : '';
  return `${doing}: ${thousands(work.rows)} of at most ${thousands(work.of)} rows${kept}${left}`;
}

export interface WorkOptions {
  /** examples */
  readonly inputs: number;
  /** implementations drawn of each side at most, besides the model itself */
  readonly draws: number;
  readonly splits: number;
  /** measures that decide or are reported */
  readonly measures: number;
  readonly search: { readonly budget?: number | undefined; readonly rankOn?: number | undefined };
}

/** Seconds for one representation of n inputs under one split, over n^3: three inverses and three products, measured on one core of a laptop's speed. */
const FIT = 1e-9;

/** Rows of the search for components that matter, at most: the behaviour, clean and counterfactual activations, and no more group tests than there are components. */
export function searchRows(
  { inputs, search: { budget = BUDGET, rankOn = RANK_ON } }: Pick<WorkOptions, 'inputs' | 'search'>,
  components: number | undefined,
): number {
  if (components === undefined) return inputs;
  const some = Math.min(rankOn, inputs);
  return inputs + some * (2 + Math.max(1, Math.min(components, budget - OVERHEAD)));
}

/** Rows of that search as they come to be: components in groups of about as many as there are groups, and as many tests again of parts of those that break. */
export function likelySearchRows(work: Pick<WorkOptions, 'inputs' | 'search'>, components: number): number {
  const some = Math.min(work.search.rankOn ?? RANK_ON, work.inputs);
  const tests = 3 + 2 * Math.ceil(Math.sqrt(components / 2));
  return Math.min(searchRows(work, components), work.inputs + some * tests);
}

/** Rows of one draw: counterfactual activations, trials of how many of the components can be patched, as many as a bisection has, and the run whose activations are kept. Of a set that does its own drawing, that run. */
export const drawRows = (inputs: number, patchable: number | undefined): number =>
  patchable === undefined ? inputs : inputs * (2 + Math.ceil(Math.log2(patchable + 1)));

/** Rows of one draw as they come to be: 0.85 of the most in 40 draws of three language models. */
export const likelyDrawRows = (inputs: number, patchable: number): number => 0.85 * drawRows(inputs, patchable);

/** Seconds of measuring m representations of n inputs at most. */
export const judgingSeconds = ({
  inputs,
  draws,
  splits,
  measures,
}: Pick<WorkOptions, 'inputs' | 'draws' | 'splits' | 'measures'>): number =>
  (2 * (draws + 1) + 6) * FIT * inputs ** 3 * (splits + measures);

/** Draws differ: those to come are taken to need so many times the rows of those that are done, at most. */
const ABOVE = 1.25;

interface SideWork {
  /** rows until it is open */
  search: number;
  /** rows of one draw */
  draw: number;
  opened: boolean;
  drawn: number;
}

/** What is left of a comparison. */
export class Workload {
  private readonly rows: Rows;
  private sides: SideWork[] = [];
  private options: WorkOptions | undefined;
  private judged = 0;
  private opened = 0;

  /**
   * @param signal of all that is to be counted
   * @param passed called after each pass
   */
  constructor(signal: AbortSignal, passed: () => void) {
    this.rows = countRows(signal, passed);
  }

  /** @param components of each side, that its search ranges over; undefined where it is a set that does its own drawing */
  begin(options: WorkOptions, components: readonly (number | undefined)[]): void {
    this.options = options;
    // what a draw patches from is not known yet: at most all components
    this.sides = components.map((count) => ({
      search: searchRows(options, count),
      draw: drawRows(options.inputs, count),
      opened: false,
      drawn: 0,
    }));
  }

  /** A side is open: its search has cost what it has cost. */
  open(index: number, patchable: number | undefined): void {
    const side = this.sides[index]!;
    side.opened = true;
    side.search = this.done - this.opened;
    this.opened = this.done;
    side.draw = drawRows(this.options!.inputs, patchable);
  }

  /** So many implementations of a side are drawn. Those to come take about as many rows. */
  drew(index: number, count: number): void {
    this.sides[index]!.drawn = count;
    const drawn = this.sides.reduce((sum, side) => sum + side.drawn, 0);
    if (this.sides.some((side) => side.drawn === 0)) return;
    const each = (ABOVE * (this.done - this.opened)) / drawn;
    for (const side of this.sides) side.draw = Math.min(side.draw, Math.ceil(each));
  }

  /** The share of the measuring that is done. */
  measured(share: number): void {
    this.judged = share;
  }

  /** rows that went through a model */
  get computed(): number {
    return this.rows.count;
  }

  /** rows of which what came out was known from before */
  get kept(): number {
    return this.rows.kept;
  }

  /** rows computed or known */
  private get done(): number {
    return this.rows.count + this.rows.kept;
  }

  get work(): Work | undefined {
    const { options, rows } = this;
    if (!options) return undefined;
    const { inputs, draws } = options;
    let left = 0;
    for (const [index, side] of this.sides.entries()) {
      if (!side.opened)
        left +=
          index > 0 && !this.sides[index - 1]!.opened
            ? side.search
            : Math.max(0, side.search - (this.done - this.opened));
      // the model itself is the first
      if (this.judged === 0)
        left += side.drawn === 0 ? inputs + draws * side.draw : Math.max(0, draws + 1 - side.drawn) * side.draw;
    }
    const measuring = judgingSeconds(options) * (1 - this.judged);
    return {
      rows: rows.count,
      of: rows.count + left,
      ...(rows.kept > 0 && { kept: rows.kept }),
      ...(rows.seconds > 0.5 && { seconds: (left * rows.seconds) / rows.count + measuring }),
    };
  }
}

/** Seconds without which no comparison is given up, and how many times as long as it should have taken it may take beyond. */
const LEAST = 300;
const TIMES = 5;

/** The limit that follows an estimate. */
export const limitOf = (seconds: number): number => Math.max(LEAST, TIMES * seconds);

/** Ends work that takes too long: aborts with an error that says how far it was. */
export class TimeLimit {
  private readonly started = clock();
  private stop: (() => void) | undefined;
  private limit = 0;
  private doing = 'starting';

  /** @param given seconds; `estimate`: what the estimate comes to, and never less than five minutes; undefined: none */
  constructor(
    private readonly given: number | 'estimate' | undefined,
    private readonly controller: AbortController,
  ) {
    this.follow('starting', undefined);
  }

  /** What is being done now, and how far it is. */
  follow(doing: string, work: Work | undefined): void {
    this.doing = workInWords(doing, work);
    const { given } = this;
    if (given === undefined) return;
    const passed = (clock() - this.started) / 1000;
    const limit = given === 'estimate' ? limitOf(passed + (work?.seconds ?? 0)) : given;
    // a timer for every report would be many
    if (limit < 1.1 * this.limit) return;
    this.limit = limit;
    this.stop?.();
    this.stop = longTimer(Math.max(0, limit - passed), () =>
      this.controller.abort(
        new CancelledError({
          what: `the comparison was not finished after ${duration((clock() - this.started) / 1000)}: ${this.doing}`,
          where: 'options.maxSeconds',
          hint: `${given === 'estimate' ? 'see whether its models answer at all, or set maxSeconds' : 'give it more time'}; or give it less to do: fewer \`inputs\`, a smaller \`budget.draws\``,
        }),
      ),
    );
  }

  end(): void {
    this.stop?.();
  }
}
