/** Numbers as people read them: one way for the terminal, the summary, the page and the matchers' messages. */
import { UNBOUNDED, type Interval } from './interval.js';

/** A limit that is not known: too few implementations to say. */
export const isUnbounded = (x: number): boolean => Math.abs(x) >= UNBOUNDED / 2;
const limitless = (x: number): string => (x < 0 ? '-∞' : '∞');

/** `-0.00` reads as a finding; it is a zero. */
const unsigned = (text: string): string => (/^-0(\.0*)?(e|$)/.test(text) ? text.slice(1) : text);

function fixed(x: number, decimals: number): string {
  return unsigned(x.toFixed(decimals));
}

/** Three significant digits: `0.27`, `0.0153`, `1.05`, `240`, `3.1e-7`; just below one as many as keep it there: `0.9997`. */
export function number(x: number): string {
  if (!Number.isFinite(x)) return String(x);
  const size = Math.abs(x);
  if (size === 0) return '0';
  if (size < 1e-4 || size >= 1e6) return x.toExponential(1);
  if (Number.isInteger(x)) return String(x);
  if (size >= 100) return fixed(x, 0);
  if (size > 0.99 && size < 1) return String(Number(x.toFixed(Math.min(12, Math.ceil(-Math.log10(1 - size)) + 1))));
  return String(Number(x.toPrecision(3)));
}

/** A share of one as a percentage: `99.2 %`; never rounded up to 100 or down to 0. */
export function percent(x: number): string {
  if (!Number.isFinite(x)) return String(x);
  if (isUnbounded(x)) return limitless(x);
  const decimals = x === 0 || Math.abs(x) >= 1.0005 ? 0 : Math.abs(x) < 0.0095 ? 2 : 1;
  const text = fixed(100 * x, decimals).replace(/\.0+$/, '');
  if (text === '100' && x < 1) return '> 99.9 %';
  if (text === '0' && x > 0) return '< 0.01 %';
  return `${text} %`;
}

/**
 * Decimals that show an interval's width: two digits more than its half width has leading zeros less one,
 * so that `0.27 [0.25, 0.29]` and `0.2713 [0.2709, 0.2717]` both read without a second look.
 */
function decimalsFor(values: readonly number[]): number | undefined {
  const half = (Math.max(...values) - Math.min(...values)) / 2;
  const size = Math.max(...values.map(Math.abs));
  if (size === 0) return 0;
  if (size < 1e-4 || size >= 1e6) return undefined;
  if (half === 0) return Number.isInteger(size) ? 0 : Math.max(2, 2 - Math.floor(Math.log10(size)));
  return Math.min(8, Math.max(size >= 100 ? 0 : size >= 10 ? 1 : 2, Math.ceil(-Math.log10(half))));
}

/** `0.27 [0.25, 0.29]`: the estimate and its confidence limits, all to the same number of decimals. */
export function interval(i: Interval): string {
  const values = [i.estimate, i.low, i.high];
  if ([i.low, i.high].some(isUnbounded) && !isUnbounded(i.estimate))
    return `${number(i.estimate)} [${[i.low, i.high].map((x) => (isUnbounded(x) ? limitless(x) : number(x))).join(', ')}]`;
  if (!values.every(Number.isFinite)) return `${number(i.estimate)} [${number(i.low)}, ${number(i.high)}]`;
  const decimals = decimalsFor(values);
  const show = (x: number): string => (decimals === undefined ? number(x) : fixed(x, decimals));
  return `${show(i.estimate)} [${show(i.low)}, ${show(i.high)}]`;
}

/** `3.1 % [-2.9 %, 9.1 %]`: all three to the same number of decimals */
export function percentInterval(i: Interval): string {
  const values = [i.estimate, i.low, i.high].map((x) => 100 * x);
  const size = Math.max(...values.map(Math.abs));
  const half = (Math.max(...values) - Math.min(...values)) / 2;
  if (!values.every(Number.isFinite) || values.some((x) => isUnbounded(x / 100)))
    return `${percent(i.estimate)} [${percent(i.low)}, ${percent(i.high)}]`;
  const decimals = Math.max(size >= 100.05 ? 0 : 1, half > 0 ? Math.min(4, Math.ceil(-Math.log10(half))) : 0);
  const [estimate, low, high] = values.map((x) => `${fixed(x, decimals)} %`);
  return `${estimate!} [${low!}, ${high!}]`;
}

/** `3.1 % larger [-2.9 %, 9.1 %]`, `0.8 % smaller [-6.8 %, 5.2 %]` */
export function largerInWords(i: Interval): string {
  const [estimate, limits] = percentInterval(i).split(' [');
  return `${estimate!.replace(/^-/, '')} ${i.estimate < 0 ? 'smaller' : 'larger'} [${limits!}`;
}

/** `0.8 s`, `42 s`, `3 min 5 s` */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${fixed(seconds, 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** With a capital letter, as a sentence begins. */
export const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

/** `1 gate`, `2 gates` */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
