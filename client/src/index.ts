// The entry of the npm package. The connection lives in the client that the Go side injects
// into its own pages; this module hands out that client's API, and is empty of effects.

import { absent } from './absent.js';
import type * as api from './api.js';
import { findPage } from './find.js';

function find(): api.Tailrace {
  const found = findPage();
  return 'api' in found ? found : absent(found.code, found.message);
}

const page = /* @__PURE__ */ find();

export const invoke: api.Invoke = page.invoke;
export const take: api.Take = page.take;
export const resume: api.Resume = page.resume;
export const session: api.Session = page.session;
export const Channel: api.ChannelConstructor = page.Channel;
export type Channel<In = unknown, Out = In> = api.Channel<In, Out>;
export const TailraceError: api.TailraceErrorConstructor = page.TailraceError;
export type TailraceError = api.TailraceError;
export const listen: api.Listen = page.listen;
export const once: api.Listen = page.once;
export const emit: api.Tailrace['emit'] = page.emit;
export const emitTo: api.Tailrace['emitTo'] = page.emitTo;
export const currentWindow: api.Tailrace['currentWindow'] = page.currentWindow;
export const ready: api.Tailrace['ready'] = page.ready;
export type {
  Bytes,
  ChannelLevels,
  ChannelOptions,
  Event,
  EventCallback,
  EventTarget,
  InvokeOptions,
  Listen,
  ListenOptions,
  PageWindow,
  Resume,
  ResumedChannel,
  ResumeOptions,
  Session,
  Tailrace,
  Unlisten,
} from './api.js';
