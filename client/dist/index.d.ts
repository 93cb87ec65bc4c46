import type * as api from './api.js';
export declare const invoke: api.Invoke;
export declare const take: api.Take;
export declare const session: api.Session;
export declare const Channel: api.ChannelConstructor;
export type Channel<In = unknown, Out = In> = api.Channel<In, Out>;
export declare const TailraceError: api.TailraceErrorConstructor;
export type TailraceError = api.TailraceError;
export type { ChannelOptions, InvokeOptions, Session, Tailrace } from './api.js';
