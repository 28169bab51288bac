/** Finds what breaks a behaviour alone by testing groups: one that holds is taken to hold no breaker, one that breaks it is halved until its members are alone. */

/** What group tests work on. */
export interface GroupTests<T> {
  /** whether all of these together break it */
  readonly breaks: (group: readonly T[]) => Promise<boolean>;
  /** tests that are left */
  readonly left: () => number;
}

export interface Told<T> {
  /** those that break it, and those that could not be told */
  readonly breakers: ReadonlySet<T>;
  /** in groups that broke it, or were not tested, when no tests were left */
  readonly untold: number;
}

/**
 * Large groups before their halves: where tests run out, what was not told apart is small.
 * @param groups each thing in one of them
 */
export async function byHalves<T>(
  groups: readonly (readonly T[])[],
  { breaks, left }: GroupTests<T>,
): Promise<Told<T>> {
  const waiting = [...groups];
  // more groups than tests: larger ones
  while (waiting.length > Math.max(1, left())) waiting.push([...waiting.shift()!, ...waiting.shift()!]);
  const breakers = new Set<T>();
  let untold = 0;
  for (let at = 0; at < waiting.length; at++) {
    const group = waiting[at]!;
    const half = group.length >> 1;
    if (left() <= 0) {
      untold += group.length;
      group.forEach((one) => breakers.add(one));
    } else if (await breaks(group)) {
      if (half > 0) waiting.push(group.slice(0, half), group.slice(half));
      else breakers.add(group[0]!);
    }
  }
  return { breakers, untold };
}

/** So many in a row that hold alone end the tests from the top. */
const SURE = 3;

/**
 * From the top of an order one by one until some hold in a row, then the rest in groups of which each has its share of what is likely to. An order that is wrong costs tests, and nothing else.
 * @param order the likeliest to break it first
 */
export async function fromTheTop<T>(order: readonly T[], { breaks, left }: GroupTests<T>): Promise<Told<T>> {
  const breakers = new Set<T>();
  const half = left() >> 1;
  let top = 0;
  for (let held = 0; top < order.length && held < SURE && left() > half; top++) {
    if (await breaks([order[top]!])) {
      breakers.add(order[top]!);
      held = 0;
    } else held++;
  }
  const rest = order.slice(top);
  const count = Math.ceil(rest.length / Math.ceil(Math.sqrt(2 * rest.length)));
  const groups = Array.from({ length: count || 0 }, (_, group) => rest.filter((_one, at) => at % count === group));
  const found = await byHalves(groups, { breaks, left });
  return { breakers: new Set([...breakers, ...found.breakers]), untold: found.untold };
}
