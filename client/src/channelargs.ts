// Channels inside the arguments of an invoke.

import { type Replacer, stringify } from './builtins/json.js';
import type { ChannelCore } from './channelcore.js';
import { TailraceError } from './errors.js';

/** Channels that an invoke under way found inside its arguments. */
let collecting: ((core: ChannelCore) => number) | undefined;

/**
 * Throws while an invoke reads its arguments: one that a toJSON or getter of theirs calls would
 * number its lanes out of turn.
 */
export function refuseNested(): void {
  if (collecting === undefined) return;
  throw new TailraceError(
    'invalid_args',
    'invoke was called while another invoke reads its arguments',
  );
}

/** JSON.stringify, with `collect` called for each channel inside; it gives the lane. */
export function stringifyWithChannels(
  args: unknown,
  collect: (core: ChannelCore) => number,
  replacer?: Replacer,
): string | undefined {
  refuseNested();
  collecting = collect;
  try {
    return stringify(args, replacer);
  } finally {
    collecting = undefined;
  }
}

/** What stands for a channel inside the arguments of the invoke under way: its lane. */
export function laneInside(core: ChannelCore): string {
  if (collecting === undefined) {
    throw new TailraceError(
      'invalid_args',
      'a channel can only be sent inside the arguments of invoke',
    );
  }
  return `__CHANNEL__:${collecting(core)}`;
}
