/** Alignments at random: which heads and neurons are to hold which variable. */
import { AlignmentError } from '../errors.js';
import type { TransformerConfig } from '../model/formats/transformer/graph/config.js';
import { suggest } from '../options.js';
import type { Alignment, Part } from '../program/alignment.js';
import type { Value } from '../program/language/value.js';
import type { Program } from '../program/program.js';
import { readBy, type Op } from '../program/language/op.js';
import { groupBy } from '../group-by.js';
import { random, type Random } from '../random.js';
import { configOf, type Architecture } from './architecture.js';
import { ancestors, embedded } from './order.js';

/** Options of `randomAlignment`. */
export interface RandomAlignmentOptions {
  /** what is random follows from it. @defaultValue 0 */
  readonly seed?: number | undefined;
  /** the variables that get parts. @defaultValue all that the embedding of a position does not tell by itself */
  readonly variables?: readonly string[] | undefined;
}

/** A variable that is to be placed: in a layer of attention (an even stage) or an MLP (an odd one). */
interface Wanted {
  readonly name: string;
  readonly attention: boolean;
  /** in the MLP after that attention as well */
  readonly both: boolean;
  readonly before: readonly Wanted[];
  /** the first stage that it can have, and from the end the last */
  earliest: number;
  latest: number;
}

const nextStage = (from: number, attention: boolean): number => (from % 2 === (attention ? 0 : 1) ? from : from + 1);
const lastStage = (to: number, attention: boolean): number => (to % 2 === (attention ? 0 : 1) ? to : to - 1);
/** The last stage of a variable that begins at one. */
const endOf = ({ both }: Wanted, stage: number): number => (both ? stage + 1 : stage);

/**
 * Whether attention reads what attention counted. Heads alone hold a count as a share of attention, one over it and more, and of such shares a later head cannot pick out one: scores are linear in what
 * it reads. An MLP between them can take them apart, and if it held nothing of the variable it would be free, and must not matter.
 */
function countsForAttention<T extends Value, O extends Value>({ ops }: Program<T, O>, op: Op): boolean {
  const compares = ({ selector }: Op): boolean => selector !== undefined && readBy(selector).includes(op);
  return (op.kind === 'width' || op.kind === 'length' || op.kind === 'mean') && ops.some(compares);
}

function wantedOf<T extends Value, O extends Value>(
  program: Program<T, O>,
  names: readonly string[],
  stages: number,
): Wanted[] {
  const before = ancestors(program, new Set(names));
  const all = new Map<string, Wanted>();
  program.variables.forEach(({ name }, i) => {
    if (!names.includes(name)) return;
    const op = program.ops[i]!;
    const { kind } = op;
    const attention = kind === 'aggregate' || kind === 'mean' || kind === 'width' || kind === 'length';
    const parents = [...before.get(name)!].map((parent) => all.get(parent)!);
    const both = countsForAttention(program, op);
    const earliest = nextStage(Math.max(-1, ...parents.map((parent) => endOf(parent, parent.earliest))) + 1, attention);
    all.set(name, { name, attention, both, before: parents, earliest, latest: lastStage(stages - 1, attention) });
  });
  const list = [...all.values()];
  for (const one of list.toReversed())
    for (const parent of one.before)
      parent.latest = Math.min(parent.latest, lastStage(one.latest - endOf(parent, 1), parent.attention));
  return list;
}

/** A stage for each, after those of what it is computed from; undefined where there are more in one layer than it has parts. */
function stagesOf(
  wanted: readonly Wanted[],
  { n_heads, d_mlp }: TransformerConfig,
  draw: Random,
): ReadonlyMap<string, number> | undefined {
  const stages = new Map<string, number>();
  for (const { name, attention, before, earliest, latest } of wanted) {
    const ends = before.map((parent) => endOf(parent, stages.get(parent.name)!));
    const from = nextStage(Math.max(earliest, ...ends.map((end) => end + 1)), attention);
    stages.set(name, from + 2 * draw.below((latest - from) / 2 + 1));
  }
  const counts = new Map<number, number>();
  for (const [, stage] of placesIn(wanted, stages)) counts.set(stage, (counts.get(stage) ?? 0) + 1);
  return [...counts].every(([stage, count]) => count <= (stage % 2 === 0 ? n_heads : d_mlp)) ? stages : undefined;
}

/** Each variable with each of its stages. */
const placesIn = (wanted: readonly Wanted[], stages: ReadonlyMap<string, number>): readonly [string, number][] =>
  wanted.flatMap((one) => {
    const stage = stages.get(one.name)!;
    return one.both
      ? [
          [one.name, stage],
          [one.name, stage + 1],
        ]
      : [[one.name, stage]];
  });

/** Parts of one layer for each of some variables: heads or neurons in equal shares, of which one more than there are variables stays free where there are enough. */
function shared(names: readonly string[], stage: number, config: TransformerConfig, draw: Random): [string, Part[]][] {
  const layer = stage >> 1;
  const heads = stage % 2 === 0;
  const count = heads ? config.n_heads : config.d_mlp;
  const order = draw.permutation(count);
  const each = Math.max(1, Math.floor(count / (names.length + 1)));
  return names.map((name, i): [string, Part[]] => {
    const own = Array.from(order.subarray(i * each, (i + 1) * each)).toSorted((a, b) => a - b);
    return [
      name,
      [
        heads
          ? { site: `blocks.${layer}.attn.hook_z`, at: { head: own } }
          : { site: `blocks.${layer}.mlp.hook_post`, at: { feature: own } },
      ],
    ];
  });
}

/**
 * An alignment for training: what attention computes (an aggregate, a mean, a width, the length) is to be in heads, what a function computes in neurons, each after what it is computed
 * from. A count or a mean that a selector compares is in heads and in neurons of the MLP after them. Layers, heads and neurons are random; some of each layer are left free where there are enough.
 * @throws AlignmentError for a variable that the program lacks, and where the architecture has too few layers, heads or neurons
 * @throws OptionError, ModelError for an impossible architecture
 */
export function randomAlignment<T extends Value, O extends Value>(
  program: Program<T, O>,
  architecture: Architecture,
  options: RandomAlignmentOptions = {},
): Alignment {
  const config = configOf(program, architecture);
  const told = embedded(program);
  const known = program.variables.map(({ name }) => name);
  const fail = (what: string, hint: string): never => {
    throw new AlignmentError({ what, where: `randomAlignment of ${program.name}`, hint });
  };
  const names = options.variables ?? known.filter((name) => !told.has(name));
  for (const name of names) {
    if (!known.includes(name)) fail(`the program has no variable ${JSON.stringify(name)}`, suggest(name, known));
    if (told.has(name))
      fail(`${name} follows from a position's own token and place: the embedding has it`, 'leave it out');
  }
  if (names.length === 0)
    fail(
      `every variable follows from a position's own token and place`,
      'train a program that looks at other positions',
    );
  const stages = 2 * config.n_layers;
  const wanted = wantedOf(program, names, stages);
  const late = wanted.find(({ earliest, latest }) => earliest > latest);
  if (late !== undefined) {
    const last = Math.max(...wantedOf(program, names, 2 * known.length + 2).map(({ earliest }) => earliest));
    fail(
      `n_layers = ${config.n_layers} is too small: ${late.name} and what is computed from it need attention and MLPs after each other in ${(last >> 1) + 1} layers`,
      `give at least n_layers = ${(last >> 1) + 1}, or name fewer variables`,
    );
  }
  const draw = random(options.seed ?? 0, 'alignment');
  let found: ReadonlyMap<string, number> | undefined;
  for (let attempt = 0; attempt < 1000 && found === undefined; attempt++) found = stagesOf(wanted, config, draw);
  if (found === undefined)
    return fail(
      `n_heads = ${config.n_heads} or d_mlp = ${config.d_mlp} is too small for ${names.length} variables in ${config.n_layers} layers`,
      'give more heads, neurons or layers, or name fewer variables',
    );
  const stageOf = found;
  const byStage = groupBy(placesIn(wanted, stageOf), ([, stage]) => stage);
  const parts = groupBy(
    [...byStage].flatMap(([stage, own]) =>
      shared(
        own.map(([name]) => name),
        stage,
        config,
        draw,
      ),
    ),
    ([name]) => name,
  );
  return Object.fromEntries(wanted.map(({ name }) => [name, parts.get(name)!.flatMap(([, own]) => own)]));
}
