// The entry of the npm package. The connection lives in the client that the Go side injects
// into its own pages; this module hands out that client's API, and is empty of effects.

import { absent } from './absent.js';
import type * as api from './api.js';
import { API, KEY, type PageState } from './page.js';

function find(): api.Tailrace {
  const state = (globalThis as { [KEY]?: PageState })[KEY];
  if (state === undefined) {
    return absent(
      'no_session',
      'this page is not inside a Tailrace window: open it from the Go app, or give its origin as DevURL',
    );
  }
  if (state.api !== API) {
    return absent(
      'version',
      `this copy of the tailrace package does not fit the Go side's client (${state.api} there, ${API} here): update it`,
    );
  }
  return state;
}

const page = /* @__PURE__ */ find();

export const invoke: api.Invoke = page.invoke;
export const take: api.Take = page.take;
export const session: api.Session = page.session;
export const Channel: api.ChannelConstructor = page.Channel;
export type Channel<In = unknown, Out = In> = api.Channel<In, Out>;
export const TailraceError: api.TailraceErrorConstructor = page.TailraceError;
export type TailraceError = api.TailraceError;
export type { ChannelOptions, InvokeOptions, Session, Tailrace } from './api.js';
