/** Whether what is printed is coloured. Uses nothing else: the command asks before it loads the rest. */

/**
 * Colour or not, as Node itself decides: FORCE_COLOR first (0 or false: no), then NO_COLOR, then whether the stream is a
 * terminal that can.
 */
export function wantsColour(stream: { isTTY?: boolean | undefined }, env: NodeJS.ProcessEnv): boolean {
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  if (env['NO_COLOR']) return false;
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}
