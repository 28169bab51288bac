/** Pieces shared by the pictures. Coordinates are rounded to a tenth of a pixel; colours come from the page's style. */
import { markup, Markup, type Part } from './markup.js';
import type { Scale } from './scale.js';

export const px = (x: number): string => String(Math.round(x * 10) / 10);

let count = 0;
/** Ids start again with every page, so that the same report gives the same bytes. */
export function restartIds(): void {
  count = 0;
}

/** An inline picture with a title and a description for screen readers. */
export function svg(width: number, height: number, title: string, description: string, content: Part): Markup {
  const id = `p${++count}`;
  return markup`<svg viewBox="0 0 ${px(width)} ${px(height)}" width="${px(width)}" role="img" aria-labelledby="${id}t ${id}d"><title id="${id}t">${title}</title><desc id="${id}d">${description}</desc>${content}</svg>`;
}

export type Anchor = 'start' | 'middle' | 'end';

export function text(x: number, y: number, content: string, anchor: Anchor = 'start', className = 't'): Markup {
  return markup`<text class="${className}" x="${px(x)}" y="${px(y)}" text-anchor="${anchor}">${content}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, className: string): Markup {
  return markup`<line class="${className}" x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}"/>`;
}

export function rect(x: number, y: number, width: number, height: number, className: string, title?: string): Markup {
  return markup`<rect class="${className}" x="${px(x)}" y="${px(y)}" width="${px(Math.max(0, width))}" height="${px(Math.max(0, height))}"${
    title === undefined ? new Markup('/>') : markup`><title>${title}</title></rect>`
  }`;
}

/** Baseline is a circle, candidate a square, strangers a diamond: told apart without colour. */
export type Kind = 'baseline' | 'candidate' | 'strangers';

export function dot(kind: Kind, x: number, y: number, title: string, size = 5): Markup {
  const inner = markup`<title>${title}</title>`;
  if (kind === 'baseline') return markup`<circle class="f-${kind}" cx="${px(x)}" cy="${px(y)}" r="${px(size)}">${inner}</circle>`;
  const s = kind === 'candidate' ? size * 0.9 : size * 1.25;
  const points =
    kind === 'candidate'
      ? `${px(x - s)},${px(y - s)} ${px(x + s)},${px(y - s)} ${px(x + s)},${px(y + s)} ${px(x - s)},${px(y + s)}`
      : `${px(x)},${px(y - s)} ${px(x + s)},${px(y)} ${px(x)},${px(y + s)} ${px(x - s)},${px(y)}`;
  return markup`<polygon class="f-${kind}" points="${points}">${inner}</polygon>`;
}

/** The axis under a picture, with grid lines up to `top`. Ticks are round: they are shown with every digit. */
export function axis(scale: Scale, top: number, bottom: number, label: string, show: (x: number) => string = String): Markup {
  const [low, high] = scale.domain;
  return markup`${scale.ticks.map((tick) => [
    line(scale(tick), top, scale(tick), bottom, 'grid'),
    text(scale(tick), bottom + 14, show(tick), 'middle', 't m'),
  ])}${line(scale(low), bottom, scale(high), bottom, 'axis')}${text((scale(low) + scale(high)) / 2, bottom + 30, label, 'middle', 't m')}`;
}

/** Cut in the middle: the ends of `blocks.0.attn.hook_z` and of a file's name say most. */
export function shorten(name: string, length: number): string {
  const letters = Array.from(name);
  if (letters.length <= length) return name;
  const head = Math.ceil((length - 1) / 2);
  return `${letters.slice(0, head).join('')}…${letters.slice(letters.length - (length - 1 - head)).join('')}`;
}
