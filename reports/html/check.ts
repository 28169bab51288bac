/** One check on the page: its head, then the sections that it has. */
import type { Check } from '../schema.js';
import { sectionsOf } from '../sections/index.js';
import type { Section } from '../sections/section.js';
import { className, mark, type Status } from '../words.js';
import { markup, pairs, type Markup } from './markup.js';

export function badge(status: Status): Markup {
  return markup`<span class="badge ${className(status)}">${mark[status]}\u00a0${status}</span>`;
}

/** In their order; a heading where it is another than before. */
function details(check: Check, sections: readonly Section[], id: string): Markup[] {
  let last: string | undefined;
  return sections.flatMap((section) => {
    const html = section.html?.(check);
    if (!html) return [];
    const heading = section.title !== last && markup`<h3>${section.title}</h3>`;
    last = section.title;
    return [markup`${heading}<div id="${id}-${section.id}">${html}</div>\n`];
  });
}

/** The lines that a terminal shows. */
function brief(check: Check, sections: readonly Section[]): Markup | false {
  const lines = sections.flatMap((section) => section.lines?.(check) ?? []);
  return (
    lines.length > 0 &&
    markup`<h3>In short</h3><div class="wide">${pairs(
      'The rest is in report.json',
      lines.map(({ label, text, code }) => [label, [text, code].filter(Boolean).join(' ')]),
    )}</div>`
  );
}

/** @param full false: without pictures and tables */
export function checkSection(check: Check, id: string, full: boolean): Markup {
  const sections = sectionsOf(check);
  const head = sections.filter(({ title }) => title === undefined);
  const rest = sections.filter(({ title }) => title !== undefined);
  return markup`<section class="check" id="${id}" aria-labelledby="${id}h"><header><h2 id="${id}h">${check.test}</h2>${badge(check.status)}</header>
<p class="muted">${check.file}</p>
${head.map((section) => section.html?.(check))}
${full ? details(check, rest, id) : brief(check, rest)}</section>\n`;
}
