/** junit.xml by jest-junit, with the measured values as properties of their test case. */
import { writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import JestJUnit from 'jest-junit';
import { removeTemporary, temporaryFolder } from '../src/temporary.js';
import type { Interval } from '../src/verdict/judgement.js';
import { xmlText } from './plain.js';
import type { Check, Report } from './schema.js';
import { checkText } from './terminal.js';

/** The part of Jest's results that jest-junit reads. */
export interface TestCase {
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly fullName: string;
  readonly status: string;
  readonly duration?: number | null | undefined;
  readonly failureMessages: readonly string[];
}

export interface TestFile {
  readonly testFilePath: string;
  readonly testResults: readonly TestCase[];
  readonly numFailingTests: number;
  readonly numPassingTests: number;
  readonly numPendingTests: number;
  readonly perfStats: { readonly start: number; readonly end: number };
  readonly failureMessage?: string | null | undefined;
  readonly testExecError?: unknown;
  readonly displayName?: unknown;
}

export interface Results {
  readonly startTime: number;
  readonly testResults: readonly TestFile[];
}

/** A claim's numbers, by name. */
function claimProperties({ outcome, received, task, models, counterexample, parts = [], bounds, search, environment, seed }: NonNullable<Check['claim']>): Record<string, string> {
  return {
    'congruity.outcome': outcome,
    'congruity.received': received,
    task: task.name,
    model: models[0]!.name,
    fingerprint: models[0]!.fingerprint,
    ...(models[1] && { other: models[1].name, 'fingerprint.other': models[1].fingerprint }),
    ...(counterexample && { counterexample: counterexample.words }),
    ...Object.fromEntries(parts.flatMap(({ component, status, effects }) => [[`part.${component}`, status], ...effects.map(({ by, share }) => [`part.${component}.${by}`, String(share.estimate)])])),
    ...(bounds && {
      'bounds.tolerance': String(bounds.tolerance),
      'bounds.distance.low': String(bounds.distance.low),
      ...(bounds.distance.high !== undefined && { 'bounds.distance.high': String(bounds.distance.high) }),
      'bounds.necessary.low': String(bounds.necessary.low),
      ...(bounds.necessary.high !== undefined && { 'bounds.necessary.high': String(bounds.necessary.high) }),
    }),
    ...(search && { 'search.runs': String(search.runs), 'search.passes': String(search.passes) }),
    ...(search?.stopped !== undefined && { 'search.stopped': search.stopped }),
    ...(search?.path !== undefined && { 'search.path': search.path }),
    backend: environment.backend,
    seed: String(seed),
  };
}

/** A check's numbers, in full precision, by name. */
export function properties(check: Check): Record<string, string> {
  const found: Record<string, string> = { 'congruity.status': check.status, 'congruity.expected': check.expected };
  const put = (name: string, value: Interval): void => {
    found[name] = String(value.estimate);
    found[`${name}.low`] = String(value.low);
    found[`${name}.high`] = String(value.high);
  };
  const { evidence, claim, error } = check;
  if (error) {
    found['congruity.error'] = error.code;
    found['congruity.error.what'] = error.what;
  }
  if (claim) Object.assign(found, claimProperties(claim));
  if (evidence) {
    const { judgement } = evidence;
    found['congruity.outcome'] = evidence.outcome;
    if (judgement.failed) found['congruity.failed'] = judgement.failed;
    found['task'] = evidence.task.name;
    found['measure'] = evidence.measure;
    found['margin'] = String(judgement.policy.margin);
    found['alpha'] = String(evidence.sequential.levels.alpha);
    found['beta'] = String(evidence.sequential.levels.beta);
    found['draws'] = String(Math.max(evidence.baseline.implementations.length, evidence.candidate.implementations.length));
    found['stopped'] = evidence.sequential.stopped;
    (['baseline', 'candidate'] as const).forEach((name, s) => {
      const side = judgement.sides[s as 0 | 1];
      put(`siblings.${name}`, side.siblings);
      put(`excess.${name}`, side.excess);
      put(s === 0 ? 'T1' : 'T2', side.T);
      found[`self.congruity.${name}`] = String(side.self.congruity);
      found[`self.noise.${name}`] = String(side.self.noise);
      if (side.control) put(`control.${name}`, side.control);
      found[`behaviour.${name}`] = String(evidence[name].behaviour);
      found[`acceptance.${name}`] = String(evidence[name].acceptance.rate.estimate);
      found[`acceptance.${name}.tried`] = String(evidence[name].acceptance.tried);
      found[`acceptance.${name}.accepted`] = String(evidence[name].acceptance.accepted);
      found[`model.${name}`] = evidence[name].model.name;
      found[`fingerprint.${name}`] = evidence[name].model.fingerprint;
    });
    put('strangers', judgement.strangers);
    put('congruity', judgement.congruity);
    put('strictScore', judgement.strictScore);
    found['energy.distance'] = String(judgement.energy.distance);
    found['energy.p'] = String(judgement.energy.p);
    const [worst] = evidence.bySite;
    if (worst) {
      found['worstSite'] = worst.site;
      found['worstSite.excess'] = String(worst.excess);
    }
    found['backend'] = evidence.environment.backend;
    found['seed'] = String(evidence.seed);
  }
  found['replay'] = check.replay;
  return found;
}

/** A test with several checks has each one's values under its own prefix, from the second on. */
export function propertiesOf(checks: readonly Check[]): Record<string, string> {
  return Object.assign(
    {},
    ...checks.map((check, i) =>
      Object.fromEntries(Object.entries(properties(check)).map(([name, value]) => [i === 0 ? name : `check${i + 1}.${name}`, value])),
    ),
  ) as Record<string, string>;
}

const secondsOf = ({ evidence, claim }: Check): number => evidence?.seconds ?? claim?.seconds ?? 0;

/** A report as if Jest had run one test per check: what the command writes, whose test files mean nothing to its user. */
export function resultsOf(report: Report): { results: Results; checksOf: (file: string, fullName: string) => Check[] } {
  const start = Date.parse(report.started);
  const byFile = new Map<string, Check[]>();
  for (const check of report.checks) byFile.set(check.file, [...(byFile.get(check.file) ?? []), check]);
  const testResults = [...byFile].map(
    ([file, checks]): TestFile => ({
      testFilePath: file,
      testResults: checks.map((check) => ({
        ancestorTitles: [file],
        title: check.test,
        fullName: check.test,
        status: check.status === 'held' ? 'passed' : check.status === 'not judged' ? 'error' : 'failed',
        duration: 1000 * secondsOf(check),
        failureMessages: check.status === 'held' ? [] : [checkText(check, { colour: false })],
      })),
      numFailingTests: checks.filter((check) => check.status !== 'held').length,
      numPassingTests: checks.filter((check) => check.status === 'held').length,
      numPendingTests: 0,
      perfStats: { start, end: start + 1000 * checks.reduce((sum, check) => sum + secondsOf(check), 0) },
    }),
  );
  return {
    results: { startTime: start, testResults },
    checksOf: (file, fullName) => report.checks.filter((check) => check.file === file && check.test === fullName),
  };
}

const PROPERTIES = 'congruityProperties';

/** jest-junit puts these in with String.replace, to which a dollar sign means something. */
const templateValue = (text: string): string => xmlText(text).replaceAll('$', '$$$$');

/** A copy without what XML cannot hold, each test case with its properties. */
function prepared(results: Results, checksOf: (file: string, fullName: string) => readonly Check[]): unknown {
  return {
    ...results,
    testResults: results.testResults.map((file) => ({
      ...file,
      failureMessage: file.failureMessage && xmlText(file.failureMessage),
      testResults: file.testResults.map((test) => {
        const found = propertiesOf(checksOf(file.testFilePath, test.fullName));
        return {
          ...test,
          ancestorTitles: test.ancestorTitles.map(templateValue),
          title: templateValue(test.title),
          failureMessages: test.failureMessages.map(xmlText),
          [PROPERTIES]: Object.fromEntries(Object.entries(found).map(([name, value]) => [name, xmlText(value)])),
        };
      }),
    })),
  };
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
 * Writes `file`. A user's own jest-junit configuration is for the user's own jest-junit: here its environment variables, which
 * come before package.json and which it reads when called, are set to ours for that moment.
 */
export async function writeJunit(
  file: string,
  results: Results,
  checksOf: (file: string, fullName: string) => readonly Check[],
  rootDir: string,
): Promise<void> {
  const folder = temporaryFolder('junit');
  try {
    writeFileSync(join(folder, 'properties.cjs'), `module.exports = (test) => test.${PROPERTIES} ?? {};\n`);
    const reporter = new JestJUnit({ rootDir }, {});
    const writing = withEnvironment(
      {
        JEST_SUITE_NAME: 'congruity',
        JEST_JUNIT_OUTPUT_FILE: file,
        JEST_JUNIT_OUTPUT_DIR: dirname(file),
        JEST_JUNIT_OUTPUT_NAME: basename(file),
        JEST_JUNIT_UNIQUE_OUTPUT_NAME: 'false',
        JEST_JUNIT_CLASSNAME: '{classname}',
        JEST_JUNIT_TITLE: '{title}',
        JEST_JUNIT_SUITE_NAME: '{filepath}',
        JEST_JUNIT_ANCESTOR_SEPARATOR: ' ',
        JEST_JUNIT_ADD_FILE_ATTRIBUTE: 'true',
        JEST_JUNIT_REPORT_TEST_SUITE_ERRORS: 'true',
        JEST_JUNIT_INCLUDE_CONSOLE_OUTPUT: 'false',
        JEST_JUNIT_INCLUDE_SHORT_CONSOLE_OUTPUT: 'false',
        JEST_JUNIT_NO_STACK_TRACE: 'false',
        JEST_JUNIT_TEST_CASE_PROPERTIES_DIR: folder,
        JEST_JUNIT_TEST_CASE_PROPERTIES_JSON_FILE: 'properties.cjs',
        JEST_JUNIT_TEST_SUITE_PROPERTIES_DIR: folder,
        JEST_JUNIT_TEST_SUITE_PROPERTIES_JSON_FILE: 'none.cjs',
      },
      () => reporter.onRunComplete(undefined, prepared(results, checksOf)),
    );
    await writing;
  } finally {
    removeTemporary(folder);
  }
}
