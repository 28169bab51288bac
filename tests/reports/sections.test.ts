/** A section is one object in one list, and every writer shows what is in the list. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { toHtml } from '../../reports/html.js';
import { markup } from '../../reports/html/markup.js';
import { resultsOf, toJunit } from '../../reports/junit.js';
import { sections, sectionsOf } from '../../reports/sections/index.js';
import { ofComparison } from '../../reports/sections/section.js';
import { toSummary } from '../../reports/summary.js';
import { toTerminal } from '../../reports/terminal.js';
import { makeCheck, makeUnjudged, reportOf } from './evidence.js';

const violated = makeCheck({ offset: 3, test: 'other mechanism' });

test('ids are unique, and a check has only sections that apply', () => {
  expect(new Set(sections.map(({ id }) => id)).size).toBe(sections.length);
  expect(sectionsOf(makeUnjudged()).map(({ id }) => id)).toEqual(['verdict', 'replay']);
});

test('no two sections of a check give a property the same name', () => {
  const names = sectionsOf(violated).flatMap((section) => Object.keys(section.properties?.(violated) ?? {}));
  expect(names.length).toBeGreaterThan(20);
  expect(new Set(names).size).toBe(names.length);
});

describe('a section that is added to the list', () => {
  beforeEach(() => {
    sections.push(
      ofComparison({
        id: 'weather',
        title: 'Weather <&>',
        applies: ({ seed }) => seed === 1,
        html: ({ measure }) => markup`<p>${measure} in the <b>rain</b></p>`,
        lines: ({ measure }) => [{ label: 'weather', text: `${measure} by <night>` }],
        properties: ({ measure }) => ({ weather: `${measure} & wind` }),
      }),
    );
  });
  afterEach(() => {
    sections.pop();
  });

  test('is in every report, under its heading, escaped as each needs it', async () => {
    const report = reportOf(violated);
    expect(toTerminal(report, { colour: false })).toMatch(/^ {2}weather +ridge by <night>$/m);
    expect(toSummary(report)).toContain('- weather: ridge by &lt;night&gt;\n');
    expect(toHtml(report)).toContain(
      '<h3>Weather &lt;&amp;&gt;</h3><div id="check1-weather"><p>ridge in the <b>rain</b></p>',
    );
    const { results, checksOf } = resultsOf(report);
    const junit = await toJunit(results, checksOf, '.', report);
    expect(junit).toContain('[[PROPERTY|weather=ridge &amp; wind]]');
  });

  test('is in the short form of a page of many', () => {
    const page = toHtml(reportOf(...Array.from({ length: 13 }, (_, i) => ({ ...violated, test: `check ${i}` }))));
    expect(page.split('<section').at(-1)).toContain('<th scope="row">weather</th><td>ridge by &lt;night&gt;</td>');
  });

  test('is nowhere where it does not apply', () => {
    const other = { ...violated, evidence: { ...violated.evidence!, seed: 2 } };
    const report = reportOf(other, makeUnjudged());
    for (const text of [toTerminal(report, { colour: false }), toSummary(report), toHtml(report)])
      expect(text.toLowerCase()).not.toContain('weather');
  });
});
