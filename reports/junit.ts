/**
 * junit.xml by jest-junit, brought to what Jenkins' junit-10.xsd allows: errors apart from failures, a message for each, and no properties of a test case.
 * The measured values are lines `[[PROPERTY|name=value]]` of the test case's output, as testmoapp/junitxml describes them.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import JestJUnit from 'jest-junit';
import { numbered, type ChecksOf, type Results, type TestCase, type TestFile } from './results.js';
import { propertiesOf } from './junit-properties.js';
import { oneLine } from '../src/plain.js';
import { firstLine, xmlContent, xmlText, xmlValue } from './plain.js';
import { counts } from './report.js';
import type { Check, Report } from './schema.js';
import { removeTemporary, temporaryFolder } from '../src/io/temporary.js';
import { checkText } from './terminal.js';
import { headline } from './words.js';
import { groupBy } from '../src/group-by.js';

const secondsOf = ({ evidence, claim }: Check): number => evidence?.seconds ?? claim?.seconds ?? 0;

/** A report as if Jest had run one test per check: what the command writes, whose test files mean nothing to its user. */
export function resultsOf(report: Report): { results: Results; checksOf: ChecksOf<Check> } {
  const start = Date.parse(report.started);
  const byFile = groupBy(report.checks, ({ file }) => file);
  const testResults = [...byFile].map(([file, checks]): TestFile => ({
    testFilePath: file,
    testResults: checks.map((check) => ({
      ancestorTitles: [file],
      title: check.test,
      fullName: check.test,
      status: check.status === 'held' ? 'passed' : check.status === 'not judged' ? 'error' : 'failed',
      duration: 1000 * secondsOf(check),
      failureMessages: check.status === 'held' ? [] : [checkText(check, { colour: false })],
    })),
    perfStats: { start, end: start + 1000 * checks.reduce((sum, check) => sum + secondsOf(check), 0) },
  }));
  return {
    results: { startTime: start, testResults },
    checksOf: (file, fullName, occurrence) =>
      report.checks.filter((check) => check.file === file && check.test === fullName).slice(occurrence, occurrence + 1),
  };
}

/** jest-junit puts these in with String.replace, to which a dollar sign means something. */
const templateValue = (text: string): string => xmlText(text).replaceAll('$', '$$$$');

/** Jest has more ways not to run a test than jest-junit knows. */
const skipped: readonly string[] = ['pending', 'todo', 'skipped', 'disabled'];

interface Case {
  readonly test: TestCase;
  readonly checks: readonly Check[];
}

/** The test cases that jest-junit will write for a file, in its order; one for what broke outside all tests. */
function casesOf(file: TestFile, checksOf: ChecksOf<Check>): Case[] {
  const cases = numbered(file.testResults).map(({ test, occurrence }): Case => {
    const checks = checksOf(file.testFilePath, test.fullName, occurrence);
    // a runner calls both a failure
    const open = checks.filter((check) => counts(check) && check.status !== 'held');
    const unjudged = test.status === 'failed' && open.length > 0 && open.every(({ status }) => status === 'not judged');
    return { test: unjudged ? { ...test, status: 'error' } : test, checks };
  });
  if (file.testExecError == null && cases.length > 0) return cases;
  const outside = (file.testExecError as { message?: unknown; stack?: unknown } | null | undefined) ?? {};
  const message =
    [file.failureMessage, outside.stack, outside.message].find(
      (text): text is string => typeof text === 'string' && text !== '',
    ) ?? 'the file has no tests';
  return [
    ...cases,
    {
      test: {
        ancestorTitles: [],
        title: 'the test file outside its tests',
        fullName: '',
        status: 'error',
        duration: 0,
        failureMessages: [message],
      },
      checks: [],
    },
  ];
}

/** A copy without what XML cannot hold. */
function prepared(results: Results, cases: readonly (readonly Case[])[]): unknown {
  return {
    ...results,
    testResults: results.testResults.map((file, i) => ({
      ...file,
      testFilePath: templateValue(file.testFilePath),
      // whole milliseconds: the schema takes three decimals of a second
      perfStats: { start: Math.round(file.perfStats.start), end: Math.round(file.perfStats.end) },
      testExecError: null,
      failureMessage: undefined,
      // counted again below: by jest-junit's count an error is a failure
      numFailingTests: 0,
      numPassingTests: 0,
      numPendingTests: 0,
      testResults: cases[i]!.map(({ test }) => ({
        ...test,
        ancestorTitles: test.ancestorTitles.map(templateValue),
        title: templateValue(test.title),
        duration: Math.round(test.duration ?? 0),
        status: skipped.includes(test.status) ? 'pending' : test.status,
        failureMessages: test.failureMessages.map(xmlText),
      })),
    })),
  };
}

const attribute = (name: string, value: string): string => ` ${name}="${xmlValue(value)}"`;

/** What jest-junit cannot be told. Its own texts are escaped, so that a tag is one wherever it stands. */
function conforming(
  xml: string,
  cases: readonly (readonly Case[])[],
  { run, partial }: Pick<Report, 'run' | 'partial'>,
): string {
  const properties = Object.entries({
    'congruity.run': run,
    ...(partial !== undefined && { 'congruity.partial': partial }),
  }).map(([name, value]) => `      <property${attribute('name', name)}${attribute('value', oneLine(value))}/>\n`);
  const total = { tests: 0, failures: 0, errors: 0 };
  const counted = (attributes: string, numbers: Record<string, number>): string =>
    Object.entries(numbers).reduce(
      (text, [name, value]) => text.replace(new RegExp(` ${name}="[^"]*"`), ` ${name}="${value}"`),
      attributes,
    );
  let file = 0;
  const suites = xml.replace(/<testsuite ([^>]*)>([\s\S]*?)<\/testsuite>/g, (_, attributes: string, body: string) => {
    const own = cases[file++]!;
    let number = 0;
    const inner = body.replace(
      /<testcase ([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g,
      (_all, attrs: string, content = '') => testcase(attrs, content as string, own[number++]!),
    );
    const count = (status: string): number => own.filter(({ test }) => test.status === status).length;
    const numbers = { tests: own.length, failures: count('failed'), errors: count('error') };
    total.tests += numbers.tests;
    total.failures += numbers.failures;
    total.errors += numbers.errors;
    const all = { ...numbers, skipped: own.filter(({ test }) => skipped.includes(test.status)).length };
    return `<testsuite${counted(` ${attributes}`, all)}>\n    <properties>\n${properties.join('')}    </properties>${inner}</testsuite>`;
  });
  return suites.replace(
    /<testsuites ([^>]*)>/,
    (_, attributes: string) => `<testsuites${counted(` ${attributes}`, total)}>`,
  );
}

function testcase(attributes: string, content: string, { checks }: Case): string {
  const open = checks.find((check) => counts(check) && check.status !== 'held');
  const inner = content.replace(/<(failure|error)>([^<]*)/g, (_, tag: string, text: string) => {
    // the text is escaped already, but for what an attribute cannot hold
    const first = (firstLine(text) || 'no message')
      .replace(/&[^;]*$/, '')
      .replaceAll('"', '&quot;')
      .replaceAll('\t', ' ');
    return `<${tag}${open ? attribute('message', oneLine(headline(open))) + attribute('type', open.status) : ` message="${first}"`}>${text}`;
  });
  const values = Object.entries(propertiesOf(checks)).map(
    ([name, value]) => `[[PROPERTY|${oneLine(name)}=${oneLine(value)}]]\n`,
  );
  const output = values.length === 0 ? '' : `  <system-out>${xmlContent(values.join(''))}</system-out>\n    `;
  return `<testcase ${attributes.trimEnd()}>${inner}${output}</testcase>`;
}

/** Runs `work` with these environment variables and puts the old ones back as soon as it returns. */
function withEnvironment<T>(variables: Record<string, string>, work: () => T): T {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  try {
    return work();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

/**
 * The text of junit.xml. A user's own jest-junit configuration is for the user's own jest-junit: here its environment variables, which
 * come before package.json and which it reads when called, are set to ours for that moment. It writes a file, which goes to the temporary folder.
 * @throws FileError where there is no temporary folder
 */
export async function toJunit(
  results: Results,
  checksOf: ChecksOf<Check>,
  rootDir: string,
  report: Pick<Report, 'run' | 'partial'>,
): Promise<string> {
  const folder = temporaryFolder('junit');
  const file = join(folder, 'junit.xml');
  try {
    const cases = results.testResults.map((one) => casesOf(one, checksOf));
    const reporter = new JestJUnit({ rootDir }, {});
    await withEnvironment(
      {
        JEST_SUITE_NAME: 'congruity',
        JEST_JUNIT_OUTPUT_FILE: file,
        JEST_JUNIT_OUTPUT_DIR: folder,
        JEST_JUNIT_OUTPUT_NAME: basename(file),
        JEST_JUNIT_UNIQUE_OUTPUT_NAME: 'false',
        JEST_JUNIT_CLASSNAME: '{classname}',
        JEST_JUNIT_TITLE: '{title}',
        JEST_JUNIT_SUITE_NAME: '{filepath}',
        JEST_JUNIT_ANCESTOR_SEPARATOR: ' ',
        JEST_JUNIT_ADD_FILE_ATTRIBUTE: 'false',
        JEST_JUNIT_REPORT_TEST_SUITE_ERRORS: 'true',
        JEST_JUNIT_INCLUDE_CONSOLE_OUTPUT: 'false',
        JEST_JUNIT_INCLUDE_SHORT_CONSOLE_OUTPUT: 'false',
        JEST_JUNIT_NO_STACK_TRACE: 'false',
        JEST_JUNIT_TEST_CASE_PROPERTIES_DIR: folder,
        JEST_JUNIT_TEST_CASE_PROPERTIES_JSON_FILE: 'none.cjs',
        JEST_JUNIT_TEST_SUITE_PROPERTIES_DIR: folder,
        JEST_JUNIT_TEST_SUITE_PROPERTIES_JSON_FILE: 'none.cjs',
      },
      () => reporter.onRunComplete(undefined, prepared(results, cases)),
    );
    return conforming(readFileSync(file, 'utf8'), cases, report);
  } finally {
    removeTemporary(folder);
  }
}
