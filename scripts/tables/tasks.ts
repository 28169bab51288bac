/** The tables of ablations and behaviours, from their lists. */
import { ablations, type AblationMethod } from '../../src/circuit/ablations.js';
import { behaviours } from '../../src/task/behaviour.js';
import type { Table } from './markdown.js';

const needs = {
  counterfactuals: 'a counterfactual of every example; those without one are left out',
  references: 'another example as large as each; those that are larger than all others are left out',
  nothing: 'nothing',
};

export function ablationTable(): Table {
  return {
    head: ['by', 'put in the place of an activation', 'needs'],
    rows: Object.entries<AblationMethod>(ablations).map(([name, method]) => [
      `\`${name}\``,
      method.summary,
      needs[method.needs],
    ]),
  };
}

export function behaviourTable(): Table {
  return {
    head: ['behaviour', 'in reports', 'score', 'better', 'needs'],
    rows: Object.values(behaviours).map((one) => [`\`${one.call}\``, one.name, one.summary, one.better, one.needs]),
  };
}
