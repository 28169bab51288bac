/** What responses come to, as findings. */
import type { ClaimFinding } from '../../src/claims/findings.js';
import type { ResponseEvidence, RoleEvidence } from '../../src/response/evidence.js';
import { roleInWords, rolesInOrder } from '../../src/response/words.js';

/** The deciding one first. */
export function findingsOf(found: ResponseEvidence): [ClaimFinding, ...ClaimFinding[]] {
  const { outcome, margin: tolerance, roles, untouched, draws, stopped } = found;
  const ordered = rolesInOrder(roles);
  const [worst] = ordered as [RoleEvidence];
  const named = (some: readonly RoleEvidence[]): string[] => some.map(roleInWords);
  if (outcome === 'unlike') {
    if (untouched.is === 'unlike')
      return [{ code: 'answers-unlike', numbers: { tolerance, low: untouched.discrepancy.low } }];
    const { role, by, discrepancy } = worst;
    const others = named(ordered.slice(1).filter((one) => one.is === 'unlike'));
    const { estimate, low } = discrepancy;
    return [{ code: 'responds-unlike', role, by, others, numbers: { tolerance, estimate, low } }];
  }
  const untested = named(roles.filter(({ tested }) => tested === 'no'));
  const besides: ClaimFinding[] =
    untested.length > 0 && untested.length < roles.length
      ? [{ code: 'roles-not-tested', roles: untested, numbers: {} }]
      : [];
  if (outcome === 'alike') {
    const high = Math.max(untouched.discrepancy.high, ...roles.map(({ discrepancy }) => discrepancy.high));
    return [{ code: 'responds-alike', numbers: { tolerance, roles: roles.length, high } }, ...besides];
  }
  const open = ordered.filter((one) => one.is === 'open');
  const untouchedOpen = untouched.is === 'open';
  if (stopped !== 'certain' && (open.length > 0 || untouchedOpen)) {
    const { low, high } = (untouchedOpen && open.length === 0 ? untouched : open[0]!).discrepancy;
    const names = [...named(open), ...(untouchedOpen ? ['nothing'] : [])];
    return [{ code: 'roles-open', roles: names, stopped, numbers: { tolerance, low, high, draws } }, ...besides];
  }
  return stopped === 'certain'
    ? [{ code: 'no-role-tested', numbers: { tolerance } }]
    : [{ code: 'effects-open', stopped, numbers: { tolerance, draws } }];
}
