/** From what distances, twins and responses say to one verdict. */
import type { ResponseEvidence } from '../../response/evidence.js';
import { number } from '../../format.js';
import type { Judgement } from '../rule/judgement.js';
import { explained, type Names } from '../rule/explain.js';
import type { Finding } from '../rule/findings.js';
import type { TwinsEvidence } from '../twins/evidence.js';
import { decideRelation, holding, type Said } from './decide.js';
import { relationNames, type Relation, type RelationEvidence, type RelationName } from './evidence.js';

/** Something that was measured, or why it was not. */
export type Measured<T> = { readonly found: T } | { readonly why: string };

const foundOf = <T>(measured: Measured<T>): T | undefined => ('found' in measured ? measured.found : undefined);

/** The role of which it is surest that the answers are apart; undefined where they are without any intervention. */
const farthestRole = ({ roles }: ResponseEvidence): ResponseEvidence['roles'][number] | undefined =>
  roles.filter(({ is }) => is === 'unlike').toSorted((a, b) => b.discrepancy.low - a.discrepancy.low)[0];

function responseFinding(response: ResponseEvidence): Finding {
  const { outcome, margin: tolerance, roles, untouched } = response;
  if (outcome === 'alike')
    return {
      code: 'responses-within-tolerance',
      numbers: { tolerance, high: Math.max(...roles.map(({ discrepancy }) => discrepancy.high)), roles: roles.length },
    };
  if (outcome === 'undecided') return { code: 'response-not-shown', numbers: { tolerance } };
  const role = farthestRole(response);
  const { low } = role?.discrepancy ?? untouched.discrepancy;
  return { code: 'response-beyond-tolerance', ...(role && { role: role.role }), numbers: { tolerance, low } };
}

function twinFinding({ outcome, ratio, cosine }: TwinsEvidence): Finding {
  const numbers = { ratio, ...(cosine && { cosine }) };
  return outcome === 'derived'
    ? { code: 'derived', numbers }
    : outcome === 'open'
      ? { code: 'derived-open', numbers }
      : { code: 'not-derived', numbers };
}

/** What was found about a relation beyond distances, the deciding one first; nothing where distances alone decide as they are. */
function findingsOf(
  asked: Relation | undefined,
  outcome: Judgement['outcome'],
  { distances }: Said,
  twins: Measured<TwinsEvidence>,
  response: Measured<ResponseEvidence>,
): readonly Finding[] {
  if (asked === 'equivalent') return [];
  const ofTwins: Finding[] =
    'found' in twins
      ? [twinFinding(twins.found)]
      : asked === 'derived'
        ? [{ code: 'no-twins', why: twins.why, numbers: {} }]
        : [];
  const ofResponses: Finding[] =
    'found' in response
      ? [responseFinding(response.found)]
      : asked === 'alike'
        ? [{ code: 'no-responses', why: response.why, numbers: {} }]
        : [];
  if (asked === 'derived') return ofTwins;
  if (asked === 'alike') return ofResponses;
  // where they change nothing, distances speak first
  if (outcome === distances) return [];
  return outcome === 'equivalent' ? ofTwins : [...ofResponses, ...ofTwins];
}

/** Why a relation is not established, in sentences. */
function whyNot(
  relation: RelationName,
  judgement: Pick<Judgement, 'outcome' | 'reasons'>,
  twins: Measured<TwinsEvidence>,
  response: Measured<ResponseEvidence>,
): readonly string[] {
  const ofTwins = (): readonly string[] => ('found' in twins ? twins.found.reasons : [`${twins.why}.`]);
  if (relation === 'derived') return ofTwins();
  if (relation === 'equivalent') {
    // distances have nothing against it: what interventions show does
    if (judgement.outcome !== 'equivalent') return judgement.reasons;
    return foundOf(response)?.outcome === 'unlike' ? whyNot('responds alike', judgement, twins, response) : ofTwins();
  }
  if (!('found' in response)) return [`${response.why}.`];
  const { outcome, margin, untouched } = response.found;
  if (outcome === 'undecided')
    return ['Whether answers respond alike is not certain, or no role does anything of its own.'];
  const role = farthestRole(response.found);
  const { low } = role?.discrepancy ?? untouched.discrepancy;
  const where = role ? `With ${role.role} replaced in both models` : 'Without any intervention';
  return [`${where} the answers are at least ${number(low)} apart, tolerance ${number(margin)}.`];
}

/** A judgement of distances as the verdict about a relation. */
export function related(
  asked: Relation | undefined,
  judgement: Judgement,
  names: Names,
  twins: Measured<TwinsEvidence>,
  response: Measured<ResponseEvidence>,
): { readonly judgement: Judgement; readonly relation: RelationEvidence } {
  const said: Said = {
    distances: judgement.outcome,
    twins: foundOf(twins)?.outcome,
    responses: foundOf(response)?.outcome,
  };
  const outcome = decideRelation(asked, said);
  const holds = holding(asked, said);
  const relation: RelationEvidence = {
    ...(asked && { asked }),
    strongest: holds[0]!,
    holds,
    distances: said.distances,
    missing: relationNames
      .filter((one) => !holds.includes(one))
      .map((one) => ({ relation: one, reasons: whyNot(one, judgement, twins, response) })),
  };
  const findings = findingsOf(asked, outcome, said, twins, response);
  if (findings.length === 0 && outcome === judgement.outcome) return { judgement, relation };
  const { failed: _, ...rest } = judgement;
  return {
    relation,
    judgement: explained(
      {
        ...rest,
        outcome,
        findings: [...findings, ...judgement.findings],
        ...(outcome === 'undecided' && { failed: 'sufficiency not established' as const }),
        ...(outcome === 'different' && { failed: 'necessity violated' as const }),
      },
      names,
    ),
  };
}
