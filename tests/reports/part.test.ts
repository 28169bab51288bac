/** Which runs are not of the whole, and where a report goes while Jest watches. */
import { expect, test } from '@jest/globals';
import { partOf } from '../../reports/part.js';
import { unwatched } from '../../reports/watched.js';

const file = { testFilePath: '/p/a.test.js', testResults: [], perfStats: { start: 0, end: 1 } };
const results = { startTime: 0, testResults: [file], numTotalTestSuites: 1, wasInterrupted: false };

test.each([
  [{}, results, undefined],
  [{ testNamePattern: '', testPathPatterns: { patterns: [] }, onlyChanged: false }, results, undefined],
  [{ testNamePattern: 'of a' }, results, 'only tests whose name matches of a'],
  [{ testPathPatterns: { patterns: ['a', 'b'] } }, results, 'only the test files that match a, b'],
  [{ testPathPatterns: { patterns: ['a.js'] }, runTestsByPath: true }, results, 'only the test files a.js'],
  [{ testPathPatterns: { patterns: ['a.js'] }, findRelatedTests: true }, results, 'only tests of what depends on a.js'],
  [{ onlyChanged: true }, results, 'only tests of what changed since the last commit'],
  [{ onlyFailures: true }, results, 'only tests that failed the last time'],
  [
    { shard: { shardIndex: 2, shardCount: 3 }, testNamePattern: 'x' },
    results,
    'only tests whose name matches x; shard 2 of 3',
  ],
  [{}, { ...results, numTotalTestSuites: 4 }, 'stopped after 1 of 4 test files'],
  [{}, { ...results, wasInterrupted: true }, 'stopped after 1 of 1 test files'],
])('part %#', (selection, of, words) => expect(partOf(selection, of)).toBe(words));

const project = {
  roots: ['/p'],
  moduleFileExtensions: ['js', 'json'],
  watchPathIgnorePatterns: [],
  modulePathIgnorePatterns: [],
};
const watching = { watch: true, coverageDirectory: '/p/coverage' };
const instead = '/p/coverage/report';

test.each([
  ['no watch', {}, [project], '/p/report'],
  ['watch', watching, [project], instead],
  ['watchAll', { ...watching, watch: false, watchAll: true }, [project], instead],
  ['one project of two', watching, [{ ...project, roots: ['/q'] }, project], instead],
  ['outside all roots', watching, [{ ...project, roots: ['/p/src', '/p/rep'] }], '/p/report'],
  ['no file of it is watched', watching, [{ ...project, moduleFileExtensions: ['js', 'ts'] }], '/p/report'],
  ['its page is watched, as by some presets', watching, [{ ...project, moduleFileExtensions: ['html'] }], instead],
  [
    'left out by the config',
    watching,
    [{ ...project, watchPathIgnorePatterns: ['/other/', '/p/report/'] }],
    '/p/report',
  ],
  ['left out as a module', watching, [{ ...project, modulePathIgnorePatterns: ['report'] }], '/p/report'],
  [
    'left out in one project of two',
    watching,
    [{ ...project, watchPathIgnorePatterns: ['/p/report/'] }, project],
    instead,
  ],
  ['in the coverage directory', { ...watching, coverageDirectory: '/p/rep' }, [project], '/p/report'],
])('%s', (_, config, projects, folder) => expect(unwatched('/p/report', config, projects)).toBe(folder));
