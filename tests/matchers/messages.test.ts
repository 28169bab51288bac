/** Whole messages, from evidence that is fixed: the message is the product. */
import { describe, expect, test } from '@jest/globals';
import { boundClaimInWords, decideBound } from '../../src/claims/bound-rule.js';
import type { ClaimEvidence } from '../../src/claims/claim.js';
import { concluded } from '../../src/claims/explain.js';
import type { ClaimFinding } from '../../src/claims/findings.js';
import type { ResponseEvidence } from '../../src/response/evidence.js';
import type { RealisationEvidence } from '../../src/realisation/evidence.js';
import { findingsOf as realisationFindings, searchFindingsOf } from '../../matchers/claims/realisation-findings.js';
import { findingsOf } from '../../matchers/claims/response-findings.js';
import { claim, comparison } from '../../matchers/kinds.js';
import { messageOf } from '../../matchers/message.js';
import { makeEvidence } from '../reports/evidence.js';

const same = (text: string): string => text;
const context = (isNot: boolean) => ({
  isNot,
  utils: {
    matcherHint: (name: string, received: string, expected: string) =>
      `expect(${received})${isNot ? '.not' : ''}.${name}(${expected})`,
    EXPECTED_COLOR: same,
    RECEIVED_COLOR: same,
  },
});
const replay = "CONGRUITY_SEED=0 npx jest 'release.test.ts' -t '^the release$'";

describe('toBeInterpretivelyEquivalent', () => {
  const say = (evidence: Parameters<typeof comparison.account>[0], isNot = false): string =>
    messageOf(context(isNot), {
      matcher: 'toBeInterpretivelyEquivalent',
      argument: 'released',
      replay,
      ...comparison.account(evidence, isNot),
    });

  test('equivalent, under not', () => {
    const evidence = makeEvidence({ seed: 2, m1: 20, m2: 20 });
    expect(evidence.outcome).toBe('equivalent');
    expect(say(evidence, true)).toMatchSnapshot();
  });

  test('different', () => {
    const evidence = makeEvidence({ seed: 2, offset: 3 });
    expect(evidence.outcome).toBe('different');
    expect(
      say({
        ...evidence,
        smallest: {
          sites: ['blocks.0.hook_resid_post'],
          inputs: 20,
          shown: ['[0, 0]', '[2, 7]', '[5, 6]'],
          implementations: ['released itself', 'candidate itself'],
          distance: 2.61,
          siblings: 1.6,
          complete: true,
        },
      }),
    ).toMatchSnapshot();
  });

  test('undecided', () => {
    const evidence = [0.5, 0.7, 0.9, 1.1, 1.3]
      .flatMap((offset) => [2, 4, 6, 8].map((seed) => makeEvidence({ seed, offset })))
      .find(({ outcome }) => outcome === 'undecided');
    expect(say(evidence!)).toMatchSnapshot();
  });
});

const claimed = (
  outcome: ClaimEvidence['outcome'],
  findings: readonly [ClaimFinding, ...ClaimFinding[]],
  rest: Partial<ClaimEvidence> & Pick<ClaimEvidence, 'claim'>,
): ClaimEvidence => ({
  ...concluded(outcome, findings),
  task: { name: 'induction', inputs: 12, behaviour: 'accuracy', threshold: 'at least 1' },
  models: [{ name: 'clock', kind: 'transformer', fingerprint: 'ab' }],
  search: { runs: 12, shrinks: 3, evaluated: 80, passes: 6, seed: 4, path: '11:0:1' },
  seed: 4,
  environment: { congruity: '0', node: 'v20', platform: 'linux x64', backend: 'wasm', backendDescription: 'wasm' },
  seconds: 0.4,
  ...rest,
});

const say = (matcher: string, argument: string, evidence: ClaimEvidence, isNot = false): string =>
  messageOf(context(isNot), { matcher, argument, replay, ...claim.account(evidence, isNot) });

const circuit = { components: ['blocks.0.attn.head.0', 'blocks.1.attn.head.1'], outside: 5 };
const counterexample = {
  description: 'clock with blocks.0.attn.head.3 taken from [3, 5], on [1, 2]',
  components: ['blocks.0.attn.head.3'],
  by: 'resample',
  input: '[1, 2]',
  source: '[3, 5]',
  measured: ['accuracy 1 → 0'],
};
const part = (component: string, status: 'necessary' | 'could be dropped' | 'undecided', broken: number) => ({
  component,
  status,
  effects: [
    { by: 'mean', tried: 200, broken, share: { estimate: broken / 200, low: broken / 250, high: (broken + 9) / 200 } },
  ],
});

describe('toHaveSufficientCircuit', () => {
  const about = { claim: 'interventions outside the circuit leave accuracy as it is', circuit };
  test('fails', () => {
    const evidence = claimed('fails', [{ code: 'broken-outside', numbers: { components: 1 } }], {
      ...about,
      counterexample,
    });
    expect(say('toHaveSufficientCircuit', 'circuit', evidence)).toMatchSnapshot();
  });
  test('holds, under not', () => {
    const evidence = claimed('holds', [{ code: 'nothing-broke-it', numbers: { tried: 120 } }], about);
    expect(say('toHaveSufficientCircuit', 'circuit', evidence, true)).toMatchSnapshot();
  });
  test('undecided', () => {
    const stopped = 'the limit of 2 forward passes was reached';
    const evidence = claimed(
      'undecided',
      [{ code: 'search-stopped', what: 'intervention', stopped, numbers: { tried: 12, of: 100 } }],
      { ...about, search: { runs: 12, shrinks: 0, evaluated: 12, passes: 2, stopped } },
    );
    expect(say('toHaveSufficientCircuit', 'circuit', evidence)).toMatchSnapshot();
  });
});

test('toHaveNecessaryCircuit', () => {
  const parts = [part('blocks.0.attn.head.0', 'necessary', 90), part('blocks.1.attn.head.1', 'could be dropped', 0)];
  const evidence = claimed('fails', [{ code: 'parts-droppable', components: [parts[1]!.component], numbers: {} }], {
    claim: 'each part breaks more than 5 % of inputs when it is replaced, at 95 % confidence',
    parts,
    search: { runs: 400, shrinks: 0, evaluated: 400, passes: 9 },
  });
  expect(say('toHaveNecessaryCircuit', 'circuit', evidence)).toMatchSnapshot();
});

test('toHaveMinimalCircuit', () => {
  const evidence = claimed(
    'fails',
    [
      { code: 'parts-left-out', components: ['blocks.1.attn.head.1'], rest: ['blocks.0.attn.head.0'], numbers: {} },
      { code: 'part-backed-up', component: 'blocks.0.attn.head.2', numbers: {} },
    ],
    {
      claim: 'the circuit suffices, each part of it breaks more than 5 % of inputs, and nothing smaller suffices',
      circuit,
      parts: [part('blocks.0.attn.head.0', 'necessary', 90), part('blocks.1.attn.head.1', 'undecided', 9)],
    },
  );
  expect(say('toHaveMinimalCircuit', 'circuit', evidence)).toMatchSnapshot();
});

test('toBehaveLike', () => {
  const evidence = claimed('fails', [{ code: 'differs-on-input', numbers: {} }], {
    claim: 'the same accuracy, within 0.001, on every input',
    models: [
      { name: 'clock', kind: 'transformer', fingerprint: 'ab' },
      { name: 'pizza', kind: 'transformer', fingerprint: 'cd' },
    ],
    counterexample: {
      description: 'on [1, 1]',
      input: '[1, 1]',
      measured: ['accuracy: clock 1, pizza 0', 'answers: clock token 2, pizza token 3; probabilities up to 0.9 apart'],
    },
  });
  expect(say('toBehaveLike', 'pizza', evidence)).toMatchSnapshot();
});

test('toBeInvariantUnder', () => {
  const evidence = claimed('fails', [{ code: 'representation-moved', numbers: { distance: 0.2, allowed: 0.028 } }], {
    claim: 'the same probabilities, within 0.001, and representations at most 0.028 apart (cka), whatever the change',
    counterexample: {
      description: 'a bias of -9',
      measured: ['representations 0.2 apart (cka), at most 0.028 allowed'],
    },
  });
  expect(say('toBeInvariantUnder', 'changes', evidence)).toMatchSnapshot();
});

describe('toRealize', () => {
  type Group = RealisationEvidence['groups'][number];
  type Stratum = NonNullable<Group['matters']>;
  const stratum = (is: Stratum['is'], rest: Partial<Stratum> = {}): Stratum => ({
    tried: 128,
    agree: { within: 128, beyond: 40, open: 118 }[is],
    accuracy: {
      within: { estimate: 1, low: 0.955, high: 1 },
      beyond: { estimate: 0.3125, low: 0.22, high: 0.42 },
      open: { estimate: 0.92, low: 0.85, high: 0.97 },
    }[is],
    exhaustive: false,
    is,
    ...rest,
  });
  const all = { accuracy: { estimate: 1, low: 1, high: 1 }, tried: 819, agree: 819, exhaustive: true };
  const group = (variables: string[], matters?: Stratum, rest?: Stratum): Group => ({
    variables,
    positions: 'all',
    ...(matters && { matters }),
    ...(rest && { rest }),
  });
  const said = (
    outcome: RealisationEvidence['outcome'],
    groups: Group[],
    rest: Partial<RealisationEvidence> = {},
    more: Partial<ClaimEvidence> = {},
    isNot = false,
  ): string => {
    const realisation: RealisationEvidence = {
      program: 'sort',
      outcome,
      threshold: 0.05,
      levels: { alpha: 0.05, beta: 0.05 },
      groups,
      draws: 512,
      rows: 1024,
      stopped: 'certain',
      ...rest,
    };
    const inconclusive = searchFindingsOf(realisation);
    const outcomes = { realised: 'holds', 'not realised': 'fails', undecided: 'undecided' } as const;
    return say(
      'toRealize',
      'sort',
      claimed(inconclusive ? 'undecided' : outcomes[outcome], inconclusive ?? realisationFindings(realisation), {
        claim: 'whatever variables of sort are taken from other inputs, the model answers as the program with them set',
        realisation,
        search: undefined,
        ...more,
      }),
      isNot,
    );
  };
  const fine = group(['tokens'], stratum('within', all), stratum('within', all));
  const found = (accuracy?: number, missing: string[] = []): NonNullable<RealisationEvidence['found']> => ({
    searched: 20,
    judged: 19,
    variables: [
      {
        variable: 'place',
        stage: 'neurons',
        parts: ['blocks.0.mlp.hook_post (feature 1, 2)'],
        searched: 1,
        heldOut: 1,
      },
    ],
    missing,
    ...(accuracy !== undefined && { untrained: { name: 'untrained', accuracy } }),
    allowed: 0.8,
  });

  test('not realised, of two variables', () => {
    const groups = [
      fine,
      group(['place'], stratum('beyond'), stratum('within')),
      group(['place', 'sorted'], stratum('beyond'), stratum('open')),
    ];
    const counterexample = {
      description: 'place taken from [1], on [0]',
      components: ['place'],
      input: '[0]',
      source: '[1]',
      measured: ['sort with place set: 0; released: 2', 'without: 0; 0'],
    };
    expect(said('not realised', groups, {}, { counterexample })).toMatchSnapshot();
  });
  test('not realised, where nothing should change', () => {
    expect(said('not realised', [group(['place'], stratum('within'), stratum('beyond'))])).toMatchSnapshot();
  });
  test('not realised, at some positions alone', () => {
    const groups = [
      group(['place'], stratum('within')),
      { ...group(['place'], stratum('beyond')), positions: 'some' as const },
    ];
    const message = said('not realised', groups);
    expect(message).toMatch(/^Fails: not realised: with place at some positions taken from other inputs/);
    expect(message).toMatch(/^ +place at some positions +right in/m);
  });
  test('realised, but for a variable that never matters, under not', () => {
    const groups = [fine, group(['indices'], undefined, stratum('within', all))];
    expect(said('realised', groups, {}, {}, true)).toMatchSnapshot();
  });
  test('undecided: a rate near the threshold, a threshold of 0, nothing that matters', () => {
    const open = [group(['place'], stratum('open')), group(['sorted'], stratum('open'))];
    expect(said('undecided', open, { stopped: 'draws', position: -1 })).toMatchSnapshot();
    expect(said('undecided', open, { stopped: 'seconds', threshold: 0 })).toMatchSnapshot();
    expect(said('undecided', [group(['indices'], undefined, stratum('within', all))])).toMatchSnapshot();
  });
  test('undecided, without an alignment: none found, one of a variable only, an untrained network that does as well, none to compare with', () => {
    expect(said('not realised', [group(['place'], stratum('beyond'))], { found: found(0.1) })).toMatchSnapshot();
    expect(said('realised', [fine], { found: found(0.9) })).toMatchSnapshot();
    expect(said('realised', [fine], { found: found() })).toMatchSnapshot();
    // however well the others are carried
    expect(said('realised', [fine], { found: found(0.1, ['sorted']) })).toMatchSnapshot();
  });
});

describe('toRespondLike', () => {
  const around = (estimate: number, low: number, high: number) => ({ estimate, low, high });
  type Role = ResponseEvidence['roles'][number];
  const role = (name: string, is: Role['is'], rest: Partial<Role> = {}): Role => ({
    role: name,
    by: 'resample',
    sites: ['blocks.0.attn.hook_pattern', 'blocks.0.attn.hook_pattern'],
    draws: 48,
    discrepancy: { unlike: around(0.41, 0.32, 0.5), open: around(0.14, 0.03, 0.22), alike: around(0.02, 0, 0.11) }[is],
    is,
    effect: around(0.4, 0.3, 0.5),
    effects: [0.4, 0.4],
    kept: around(0.5, 0.4, 0.6),
    tested: 'yes',
    ...rest,
  });
  const idle = { effect: around(0.001, 0, 0.04), tested: 'no' as const };
  const said = (
    outcome: ResponseEvidence['outcome'],
    roles: Role[],
    rest: Partial<ResponseEvidence> = {},
    isNot = false,
  ): string => {
    const response: ResponseEvidence = {
      outcome,
      margin: 0.15,
      levels: { alpha: 0.05, beta: 0.05 },
      untouched: { draws: 48, discrepancy: around(0, 0, 0.1), is: 'alike' },
      roles,
      draws: 48,
      rows: 1710,
      stopped: 'certain',
      ...rest,
    };
    const how = ({ alike: 'holds', unlike: 'fails', undecided: 'undecided' } as const)[outcome];
    const evidence = claimed(how, findingsOf(response), {
      claim: 'whatever role is replaced in both, their answers are at most 0.15 apart on average',
      response,
      search: undefined,
    });
    return say('toRespondLike', 'released', evidence, isNot);
  };

  test('unlike, in two roles', () => {
    expect(
      said('unlike', [
        role('MLP output, layer 0', 'alike'),
        role('residual, layer 0', 'unlike'),
        role('hook_embed', 'unlike'),
      ]),
    ).toMatchSnapshot();
  });
  test('unlike before anything is replaced', () => {
    const untouched = { draws: 16, discrepancy: around(0.6, 0.3, 0.9), is: 'unlike' as const };
    expect(said('unlike', [role('MLP output, layer 0', 'open')], { untouched })).toMatchSnapshot();
  });
  test('alike, but for a role that does nothing, under not', () => {
    const roles = [
      role('MLP output, layer 0', 'alike'),
      role('attention pattern, layer 0', 'alike', { by: 'mean', ...idle }),
    ];
    expect(said('alike', roles, {}, true)).toMatchSnapshot();
  });
  test('undecided: two roles, or only what nothing is replaced in', () => {
    const roles = [role('MLP output, layer 0', 'open'), role('attention pattern, layer 0', 'open')];
    expect(said('undecided', roles, { stopped: 'draws' })).toMatchSnapshot();
    const untouched = { draws: 48, discrepancy: around(0.1, 0.01, 0.2), is: 'open' as const };
    expect(said('undecided', [role('residual, layer 0', 'alike')], { untouched, stopped: 'seconds' })).toContain(
      'Undecided: with nothing replaced the answers are 0.01 to 0.2 apart on average.',
    );
  });
  test('undecided, because no role does anything, or none for certain', () => {
    expect(said('undecided', [role('MLP output, layer 0', 'alike', idle)])).toMatchSnapshot();
    expect(
      said('undecided', [role('MLP output, layer 0', 'alike', { ...idle, tested: 'open' })], { stopped: 'draws' }),
    ).toContain('Undecided: the answers are alike, and whether any role does enough to tell is not certain.');
  });
});

describe('the two conditions', () => {
  const side = (name: string) => ({
    name,
    set: 'resampling heads',
    tried: 45,
    kept: 39,
    random: 38,
    complete: false,
    radius: { low: 0.1, high: 0.2 },
    diameter: { low: 0.15, high: 0.4 },
    behaviour: 0.01,
  });
  const both = (condition: 'sufficiency' | 'necessity', tolerance: number): ClaimEvidence => {
    const bounds = { distance: { low: 0.66, high: 0.8 }, necessary: { low: 0.4, high: 0.7 } };
    const control = { distance: 0.95, necessary: 0.75 };
    const { outcome, finding } = decideBound(condition, bounds, control, tolerance, { needed: 38, runMissing: false });
    const [share, alpha] = [0.9, 0.05];
    return claimed(outcome, [finding], {
      claim: boundClaimInWords(condition, { tolerance, share, alpha }),
      search: undefined,
      bounds: {
        condition,
        measure: 'cka',
        tolerance,
        share,
        alpha,
        ...bounds,
        sufficient: 0.9,
        originals: 0.7,
        sides: [side('released'), side('clock')],
        nearest: { description: ['released itself', 'clock itself'], distance: 0.7 },
        farthest: { description: ['released with head 1', 'clock with head 2'], distance: 0.8 },
        errors: { numerical: 1e-6, representation: 0.01, behaviour: 0, abstraction: 0 },
        control,
      },
      ...(outcome === 'fails' && {
        counterexample: { description: 'released with head 1 and clock with head 2', measured: ['0.8 apart (cka)'] },
      }),
    });
  };
  test('toSatisfySufficiency, not established', () =>
    expect(say('toSatisfySufficiency', 'released', both('sufficiency', 0.7))).toMatchSnapshot());
  test('toSatisfyNecessity, violated', () =>
    expect(say('toSatisfyNecessity', 'released', both('necessity', 0.34))).toMatchSnapshot());
  test('toSatisfyNecessity, holds, under not', () =>
    expect(say('toSatisfyNecessity', 'released', both('necessity', 0.72), true)).toMatchSnapshot());
});
