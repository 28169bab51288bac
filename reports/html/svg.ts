/**
 * Pieces shared by the pictures. Coordinates are rounded to a tenth of a pixel; colours come from the page's style. All pictures have one width, that of a phone:
 * wider ones would be shrunk there until nobody can read them. What a row is and its value stand above it, not beside it.
 */
import { markup, Markup, type MarkupPart } from './markup.js';
import type { Scale } from './scale.js';

export const px = (x: number): string => String(Math.round(x * 10) / 10);

/** Of every picture, and where its axis begins and ends. */
export const WIDTH = 360;
export const LEFT = 18;
export const RIGHT = 342;

let count = 0;
/** Ids start again with every page, so that the same report gives the same bytes. */
export function restartIds(): void {
  count = 0;
}

/** An id that no other piece of the page has. */
export const freshId = (): string => `p${++count}`;

/** An inline picture with a title and a description for screen readers. */
export function svg(height: number, title: string, description: string, content: MarkupPart): Markup {
  const id = freshId();
  return markup`<svg class="picture" viewBox="0 0 ${WIDTH} ${px(height)}" role="img" aria-labelledby="${id}t ${id}d"><title id="${id}t">${title}</title><desc id="${id}d">${description}</desc>${content}</svg>`;
}

export const path = (className: string, d: string): Markup => markup`<path class="${className}" d="${d}"/>`;

/** Pixels that a text takes at most, about: no font is known here, and of those in use DejaVu Sans is the widest. Small ones have 10 pixels in place of 11 or 12. */
function widthOf(content: string, className: string): number {
  const classes = className.split(' ');
  const code = classes.includes('code');
  const letter = code ? 6.7 : classes.includes('b') ? 7.9 : 7.2;
  return Array.from(content).length * letter * (classes.includes('s') ? 10 / (code ? 11 : 12) : 1);
}

/** What a row is, on the left, and its value, on the right. Where they would touch they are set smaller, and what is still too long is cut. */
export function heading(y: number, label: string, value: string, className = 't b'): Markup {
  const room = RIGHT - LEFT - 10;
  const large = widthOf(label, className) + widthOf(value, 't') <= room;
  const small = large ? '' : ' s';
  const left = room - widthOf(value, `t${small}`);
  const letters = Math.max(4, Math.floor(left / widthOf('x', `${className}${small}`)));
  return markup`${text(LEFT, y, shorten(label, letters), 'start', `${className}${small}`)}${text(RIGHT, y, value, 'end', `t${small}`)}`;
}

/** A text over a place on the axis, moved aside where it would leave the picture. */
export function over(x: number, y: number, content: string, className: string): Markup {
  const half = widthOf(content, className) / 2;
  return text(Math.min(Math.max(x, LEFT + half), RIGHT - half), y, content, 'middle', className);
}

/** Many marks of one kind as one path: a circle or a square each, by the ends of a line without length. */
export const dots = (
  kind: 'baseline' | 'candidate',
  at: readonly (readonly [number, number])[],
  className = 'dots',
): Markup => path(`${className} s-${kind}`, at.map(([x, y]) => `M${px(x)} ${px(y)}h0`).join(''));

export type Anchor = 'start' | 'middle' | 'end';

export function text(x: number, y: number, content: string, anchor: Anchor = 'start', className = 't'): Markup {
  return markup`<text class="${className}" x="${px(x)}" y="${px(y)}"${anchor !== 'start' && markup` text-anchor="${anchor}"`}>${content}</text>`;
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
  if (kind === 'baseline')
    return markup`<circle class="f-${kind}" cx="${px(x)}" cy="${px(y)}" r="${px(size)}">${inner}</circle>`;
  const s = kind === 'candidate' ? size * 0.9 : size * 1.25;
  const points =
    kind === 'candidate'
      ? `${px(x - s)},${px(y - s)} ${px(x + s)},${px(y - s)} ${px(x + s)},${px(y + s)} ${px(x - s)},${px(y + s)}`
      : `${px(x)},${px(y - s)} ${px(x + s)},${px(y)} ${px(x)},${px(y + s)} ${px(x - s)},${px(y)}`;
  return markup`<polygon class="f-${kind}" points="${points}">${inner}</polygon>`;
}

/** The axis under a picture, with grid lines up to `top`. Ticks are round: they are shown with every digit. */
export function axis(
  scale: Scale,
  top: number,
  bottom: number,
  label: string,
  show: (x: number) => string = String,
): Markup {
  const [low, high] = scale.domain;
  return markup`${path('grid', scale.ticks.map((tick) => `M${px(scale(tick))} ${px(top)}V${px(bottom)}`).join(''))}<g class="t m" text-anchor="middle">${scale.ticks.map(
    (tick) => markup`<text x="${px(scale(tick))}" y="${px(bottom + 14)}">${show(tick)}</text>`,
  )}<text x="${px((scale(low) + scale(high)) / 2)}" y="${px(bottom + 30)}">${label}</text></g>${line(scale(low), bottom, scale(high), bottom, 'axis')}`;
}

/** Cut in the middle: the ends of `blocks.0.attn.hook_z` and of a file's name say most. */
export function shorten(name: string, length: number): string {
  const letters = Array.from(name);
  if (letters.length <= length) return name;
  const head = Math.ceil((length - 1) / 2);
  return `${letters.slice(0, head).join('')}…${letters.slice(letters.length - (length - 1 - head)).join('')}`;
}
