/** What a check measured, by name, in full precision: for junit.xml. */
import type { Interval } from '../src/statistics/judgement.js';
import type { Check } from './schema.js';

/** A claim's numbers, by name. */
function claimProperties({
  outcome,
  received,
  task,
  models,
  counterexample,
  parts = [],
  bounds,
  search,
  environment,
  seed,
}: NonNullable<Check['claim']>): Record<string, string> {
  return {
    'congruity.outcome': outcome,
    'congruity.received': received,
    task: task.name,
    model: models[0]!.name,
    fingerprint: models[0]!.fingerprint,
    ...(models[1] && { other: models[1].name, 'fingerprint.other': models[1].fingerprint }),
    ...(counterexample && { counterexample: counterexample.description }),
    ...Object.fromEntries(
      parts.flatMap(({ component, status, effects }) => [
        [`part.${component}`, status],
        ...effects.map(({ by, share }) => [`part.${component}.${by}`, String(share.estimate)]),
      ]),
    ),
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
  if (check.aside !== undefined) found['congruity.aside'] = check.aside;
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
    found['draws'] = String(
      Math.max(evidence.baseline.implementations.length, evidence.candidate.implementations.length),
    );
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
      Object.fromEntries(
        Object.entries(properties(check)).map(([name, value]) => [i === 0 ? name : `check${i + 1}.${name}`, value]),
      ),
    ),
  ) as Record<string, string>;
}
