/** Finds what breaks a behaviour alone by testing groups: one that holds is taken to hold no breaker, one that breaks it is halved until its members are alone. */

/** What group tests work on. */
export interface GroupTests<T> {
  /** what all of these together cost, as a share of what the threshold allows: above 1 they break it */
  readonly test: (group: readonly T[]) => Promise<number>;
  /** tests that are left */
  readonly left: () => number;
}

export interface Told<T> {
  /** those that break it, and those that could not be told */
  readonly breakers: ReadonlySet<T>;
  /** in groups that broke it, or were not tested, when no tests were left */
  readonly untold: number;
}

/** Of a list of so few each is tested alone. */
const FEW = 16;
/** What the next group is to cost. Most groups hold then, though what their members cost does not just add up. */
const AIM = 0.45;
/** How much larger or smaller than the last a group may be. */
const STEP = 2;
/** The first groups are about twice as large as there are groups: as if nothing cost anything but breakers, and these were few. */
const firstSize = (count: number): number => (count <= FEW ? 1 : Math.ceil(Math.sqrt(2 * count)));

/**
 * Groups of the next things of a list, as large as the cost of the last one lets expect to hold, then the halves of those that break it: where tests run out, what was not told apart is small.
 * @param lists each thing in one of them; what is likely to cost alike lies apart
 */
export async function byGroups<T>(lists: readonly (readonly T[])[], { test, left }: GroupTests<T>): Promise<Told<T>> {
  const breakers = new Set<T>();
  const broken: (readonly T[])[] = [];
  let untold = 0;
  const tested = async (group: readonly T[]): Promise<number> => {
    const cost = await test(group);
    const half = group.length >> 1;
    if (cost > 1 && half > 0) broken.push(group.slice(0, half), group.slice(half));
    else if (cost > 1) breakers.add(group[0]!);
    return cost;
  };
  let waiting = lists.reduce((sum, list) => sum + list.length, 0);
  for (const list of lists) {
    let size = firstSize(list.length);
    for (let at = 0; at < list.length && left() > 0;) {
      // at least as many as the tests that are left ask for
      const group = list.slice(at, at + Math.max(size, Math.ceil(waiting / left())));
      at += group.length;
      waiting -= group.length;
      const cost = await tested(group);
      if (list.length > FEW)
        size = Math.max(
          1,
          Math.round(group.length * Math.max(1 / STEP, Math.min(STEP, AIM / Math.max(cost, AIM / STEP)))),
        );
      if (left() <= 0 && at < list.length) broken.push(list.slice(at));
    }
  }
  for (let at = 0; at < broken.length; at++) {
    const group = broken[at]!;
    if (left() > 0) await tested(group);
    else {
      untold += group.length;
      group.forEach((one) => breakers.add(one));
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
export async function fromTheTop<T>(order: readonly T[], { test, left }: GroupTests<T>): Promise<Told<T>> {
  const breakers = new Set<T>();
  const half = left() >> 1;
  let top = 0;
  for (let held = 0; top < order.length && held < SURE && left() > half; top++) {
    if ((await test([order[top]!])) > 1) {
      breakers.add(order[top]!);
      held = 0;
    } else held++;
  }
  const rest = order.slice(top);
  // every so manyth of the order, then every so manyth of what is left, and so on
  const stride = Math.ceil(rest.length / firstSize(rest.length));
  const mixed = Array.from({ length: stride || 0 }, (_, first) => rest.filter((_one, at) => at % stride === first));
  const found = await byGroups([mixed.flat()], { test, left });
  return { breakers: new Set([...breakers, ...found.breakers]), untold: found.untold };
}
