/** A linear axis with round ticks, and the colour scale of distances. */

/** Steps of the colour scale; style.ts has one class for each. */
export const heatSteps = 24;

/** The step of a share of the scale. */
export const heatStep = (share: number): number => Math.max(0, Math.min(heatSteps - 1, Math.floor(share * heatSteps)));

export interface Scale {
  (value: number): number;
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
}

/** A step of 1, 2 or 5 times a power of ten that gives about `count` ticks. */
export function ticksBetween(low: number, high: number, count = 6): number[] {
  const rough = (high - low) / count;
  if (!(rough > 0) || !Number.isFinite(rough)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  if (!(step > 0) || !(last - first <= 4 * count)) return [low, high];
  // from integers, so that 0.1 + 0.2 is not shown as 0.30000000000000004
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Maps the values (and what lies between) to [from, to]; `room` is the share of the width left free at both ends. One value alone always gets room. */
export function scaleOf(values: readonly number[], from: number, to: number, count = 6, room = 0): Scale {
  let low = values.reduce((a, b) => Math.min(a, b), Infinity);
  let high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  if (!Number.isFinite(low) || !Number.isFinite(high)) [low, high] = [0, 1];
  // room to reckon with: the widths of larger ones overflow
  [low, high] = [Math.max(low, -1e300), Math.min(high, 1e300)];
  if (high - low <= 1e-12 * Math.max(Math.abs(low), Math.abs(high))) {
    const around = Math.abs(low) * 0.05 || 1;
    [low, high] = [low - around, high + around];
  }
  const free = room * high - room * low;
  [low, high] = [low - free, high + free];
  const width = high - low;
  const scale = (value: number): number => from + (to - from) * Math.min(1, Math.max(0, (value - low) / width));
  return Object.assign(scale, { domain: [low, high] as const, ticks: ticksBetween(low, high, count) });
}
