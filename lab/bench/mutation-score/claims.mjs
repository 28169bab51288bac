// Claims that hold of a model, asked of another one through the matchers themselves.

/** What a matcher needs of Jest; no test path, so that failures are not remembered. */
const context = {
  isNot: false,
  utils: { matcherHint: () => '', EXPECTED_COLOR: (text) => text, RECEIVED_COLOR: (text) => text },
};
/** Errors that say something of the mutant; any other is a fault of this script. */
const ofTheModel = new Set([
  'BELOW_THRESHOLD',
  'BAD_INTERVENTION',
  'TOO_FEW_IMPLEMENTATIONS',
  'BAD_REPRESENTATION',
  'NUMERICAL',
  'BAD_MODEL',
]);

/** `holds`, `fails`, `undecided`, or `not judged`: a gate passes on the first alone. */
export async function ask(matcher, ...args) {
  try {
    const { outcome } = await matcher.call(context, ...args);
    return outcome;
  } catch (error) {
    if (ofTheModel.has(error.code)) return 'not judged';
    throw error;
  }
}

/** The worst of several answers: one refuted claim refutes all. */
export const worst = (answers) =>
  ['fails', 'not judged', 'undecided'].find((answer) => answers.includes(answer)) ?? 'holds';

/**
 * Asks claims of a model.
 * @param claims { matcher, circuit, options, fails }; `fails`: that the matcher fails is what is true, as under `.not`
 * @param named what the components are called in this model; undefined: as in the claim
 */
export async function askAll(matchers, model, claims, on, named = (circuit) => circuit) {
  const answers = [];
  for (const { matcher, circuit, options, fails = false } of claims) {
    const answer = await ask(matchers[matcher], model, named(circuit), { on, ...options });
    answers.push(fails && answer === 'fails' ? 'holds' : fails && answer === 'holds' ? 'fails' : answer);
  }
  return answers;
}
