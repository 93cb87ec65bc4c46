/** What a rejected promise or an ended channel carries. */
export interface TailraceError extends Error {
    /**
     * A short, stable word: `no_session`, `protocol`, `channel_ended`, or a code of your Go handler.
     * `channel_closed`: this page has closed the channel that the command sent on.
     */
    readonly code: string;
    /** JSON details that the Go side attached. */
    readonly detail?: unknown;
}
export interface TailraceErrorConstructor {
    new (code: string, message: string, detail?: unknown): TailraceError;
    readonly prototype: TailraceError;
}
/**
 * How much a channel holds in the page, in bytes of payload, for each direction: an amount, and two
 * thresholds with a callback each. Amounts are those of whole messages; JSON counts as UTF-8.
 *
 * A high callback comes once when the amount reaches its threshold, and again only after the low
 * one was reached; a low callback comes whenever the amount has fallen to its threshold from above.
 * Callbacks come in a microtask, and not if that is no longer true then. All of them are
 * properties, and options of the constructor.
 */
export interface ChannelLevels {
    /** Default: Infinity, never. */
    bufferedAmountHighThreshold: number;
    /** The page sends faster than Go takes: wait with sending, or leave something out. */
    onbufferedamounthigh: (() => void) | undefined;
    /** Default: 0. */
    bufferedAmountLowThreshold: number;
    /** There is room again: as that of RTCDataChannel. */
    onbufferedamountlow: (() => void) | undefined;
    /**
     * Default: Infinity, never. What Go's window (Options.Window) does not let into the page is not
     * unread there.
     */
    unreadAmountHighThreshold: number;
    /**
     * Messages come faster than the iterator takes them, or there is no `onmessage` yet: Go will be
     * held up when its window is full.
     */
    onunreadamounthigh: (() => void) | undefined;
    /** Default: 0. */
    unreadAmountLowThreshold: number;
    /** The reader has caught up. */
    onunreadamountlow: (() => void) | undefined;
}
export interface ChannelOptions<In> extends Partial<ChannelLevels> {
    /** Called once for each message, in order. */
    onmessage?: (message: In) => void;
    /**
     * Each byte message gets an exact ArrayBuffer of its own, which can be transferred. Costs a copy.
     */
    own?: boolean;
    /**
     * Bytes come in a buffer that is used again: each message is valid only until `onmessage`
     * returns. Faster where much is streamed and nothing is kept. Such a channel cannot be iterated.
     */
    borrow?: boolean;
}
/**
 * One ordered stream between this page and a Go command. Pass it inside the arguments of `invoke`;
 * it ends when either side closes it, or with its session.
 *
 * Messages that come before `onmessage` is set or an iterator begins wait here; Go is slowed down
 * meanwhile, so begin to read before awaiting the command. Bytes arrive as a `Uint8Array` that
 * stays valid and unchanged for ever, but shares its batch's buffer: mind `byteOffset`, and use
 * `take` before transferring or keeping it long. (On a channel with `borrow`: valid only inside
 * `onmessage`.)
 */
export interface Channel<In = unknown, Out = In> extends AsyncIterable<In>, ChannelLevels {
    /** Called once for each message, in order. What it throws is reported, and harms nobody else. */
    onmessage: ((message: In) => void) | undefined;
    /** Called once at the end, after the last message; with an error if it did not end well. */
    onclose: ((error?: TailraceError) => void) | undefined;
    /** Called before `onclose` when the channel ends with an error. */
    onerror: ((error: TailraceError) => void) | undefined;
    /** The lane number; given when the channel is first passed to `invoke`. */
    readonly id: number | undefined;
    /** No more messages are sent or will arrive; some may still wait to be read. */
    readonly closed: boolean;
    /**
     * Ends the channel on both sides. What was sent before is delivered to Go; what is unread here is
     * dropped.
     */
    close(): void;
    /**
     * Sends to Go; bytes are copied before it returns. Resolves when the message is accepted under
     * Go's window; rejects when the channel is one-way, has ended, or ends meanwhile. Before the
     * first `invoke` it waits for that one, and rejects at the session's end.
     */
    send(message: Out): Promise<void>;
    /** Sends if it can be accepted at once; false if not. */
    trySend(message: Out): boolean;
    /**
     * As WebSocket's: bytes that `send` and `trySend` were given and that have not left the page.
     * They wait for the first `invoke`, for Go's window, or for a batch; or for the answer to the
     * request that carries them. Over shared memory they have left when they stand in it, and so has
     * a reply that goes along with the page's next request for data. What `send` refuses is not
     * counted. When the channel ends, by Go or with its session, this is 0, and `onbufferedamountlow`
     * comes: what had not left may be lost, and whoever waits to send learns from `send` that it is
     * over.
     */
    readonly bufferedAmount: number;
    /** Bytes of the messages that have come and were not handed to `onmessage` or the iterator. */
    readonly unreadAmount: number;
    /** For `for await`. Leaving the loop closes the channel; an end with an error throws. */
    [Symbol.asyncIterator](): AsyncIterableIterator<In>;
}
export interface ChannelConstructor {
    new <In = unknown, Out = In>(onmessage?: ((message: In) => void) | ChannelOptions<In>): Channel<In, Out>;
}
export interface ResumeOptions<T> extends ChannelOptions<T> {
    /**
     * Where to begin. `last`: behind what this window had last, this page or one before a reload,
     * else at `oldest`. That is never too far, but after a reload it may be a little early: some
     * messages come again, and `sequence` tells which. `oldest`: with the oldest message that is
     * kept. `newest`: with what Go sends from now on. A number: with the message of that sequence.
     * Default: `last`.
     */
    from?: 'last' | 'oldest' | 'newest' | number;
    /**
     * An observer never slows Go down. When it falls behind what is kept, it ends with `too_late`.
     * Default: false.
     */
    observer?: boolean;
    onclose?: (error?: TailraceError) => void;
    onerror?: (error: TailraceError) => void;
    /**
     * Aborting it before the channel is there rejects with the signal's reason; later, it closes the
     * channel.
     */
    signal?: AbortSignal;
}
/** A page's end of a resumable channel. It cannot send, and cannot be passed to a command. */
export interface ResumedChannel<T = unknown> extends Channel<T, never> {
    /**
     * The sequence of the last message that was handed to `onmessage` or the iterator; before the
     * first one, that of the message before it. Each message has the next number.
     */
    readonly sequence: number;
}
/**
 * Attaches to a channel that Go keeps under a name (transport.Resumable), after a reload too.
 * Callbacks among the options are called when the promise has resolved. Rejects with the code
 * `too_late` (detail `{ wanted, oldest }`) if what it is to begin with is not kept any more, with
 * `unknown_channel`, and with `denied`.
 */
export type Resume = <T = unknown>(name: string, options?: ResumeOptions<T>) => Promise<ResumedChannel<T>>;
export interface InvokeOptions {
    /** Sent with the call, names in lower case; the Go handler reads them from its context. */
    headers?: Headers | Record<string, string> | Iterable<readonly [string, string]>;
    /** Aborting it cancels the Go handler's context and rejects with the signal's reason. */
    signal?: AbortSignal;
}
/**
 * Calls a Go command. Calls that are not awaited are started in their order and run side by side,
 * so that one may overtake another, unless Go registered the command with
 * `transport.HandleOrdered`. An ArrayBuffer or a view goes as
 * raw bytes, anything else as JSON, with channels at any depth. Raw results arrive as a
 * `Uint8Array`.
 */
export type Invoke = <T = unknown>(cmd: string, args?: object, options?: InvokeOptions) => Promise<T>;
/**
 * Whom an event is for, or whom a listener listens as. A plain string instead of it is
 * `AnyLabel`: everything of that label.
 */
export type EventTarget = {
    readonly kind: 'Any' | 'App';
} | {
    readonly kind: 'AnyLabel' | 'Window' | 'Webview' | 'WebviewWindow';
    readonly label: string;
};
/** What a listener gets: an object of its own, payload included. */
export interface Event<T> {
    /** The event's name. */
    event: string;
    /** The listener's number. */
    id: number;
    /** What was emitted; null if nothing was. Bytes arrive as a `Uint8Array`, as on a channel. */
    payload: T;
}
/** What it throws is reported, and harms nobody else. */
export type EventCallback<T> = (event: Event<T>) => void;
/** Ends the listener at once, in the middle of a batch too. It may be called again. */
export type Unlisten = () => void;
export interface ListenOptions {
    /** Default: Any, which hears every event. A string is `AnyLabel`. */
    target?: string | EventTarget;
    /** Aborting it unlistens. */
    signal?: AbortSignal;
}
/**
 * Calls back for every event of that name which reaches the target, in the order in which they were
 * emitted. Listeners are called in the order in which they were registered. Resolves when the Go
 * side has the listener; rejects, and nothing is registered, if the policy does not allow it. A
 * page that comes back from the back-forward cache has its listeners still.
 */
export type Listen = <T = unknown>(event: string, handler: EventCallback<T>, options?: ListenOptions) => Promise<Unlisten>;
/** A window's events. */
export interface PageWindow {
    /** Undefined outside of a Tailrace window. */
    readonly label: string | undefined;
    /** Listens as that window: to events for it, and to those for everybody. */
    readonly listen: Listen;
    readonly once: Listen;
    /** Emits to everything of that label. */
    emit(event: string, payload?: unknown): Promise<void>;
}
/** The connection of this page load. After a return from the back-forward cache it is a new one. */
export interface Session {
    readonly state: 'connecting' | 'open' | 'ended';
    /** The window's label. */
    readonly label: string | undefined;
    /** Called when the session ends, with the reason. */
    onended: ((error: TailraceError) => void) | undefined;
}
/**
 * Bytes that this package has made: `Uint8Array<ArrayBuffer>` where TypeScript knows that (5.7 and
 * later).
 */
export type Bytes = ReturnType<Uint8Array['slice']>;
/**
 * The same bytes with an exact buffer of their own, which can be transferred; the message itself if
 * it has one already.
 */
export type Take = (message: Uint8Array) => Bytes;
/** `window.tailrace` */
export interface Tailrace {
    readonly invoke: Invoke;
    readonly Channel: ChannelConstructor;
    readonly resume: Resume;
    readonly take: Take;
    readonly TailraceError: TailraceErrorConstructor;
    readonly session: Session;
    readonly listen: Listen;
    /** `listen` for one event only: the listener has ended when it is called. */
    readonly once: Listen;
    /**
     * Emits to everybody: windows, and listeners in Go. Names consist of letters, digits and `-/:_`.
     * A payload of bytes goes as bytes, anything else as JSON. Resolves when Go has taken the event.
     */
    emit(event: string, payload?: unknown): Promise<void>;
    /** Emits to one target; a string is everything of that label. */
    emitTo(target: string | EventTarget, event: string, payload?: unknown): Promise<void>;
    /** The window of this page. */
    currentWindow(): PageWindow;
    /**
     * Tells Go that this page's listeners are registered; events that were kept for its window come
     * now. Done for you after DOMContentLoaded, once the page's calls of `listen` and `emit` are
     * answered, unless the document says `<html data-tailrace-ready="manual">`. Further calls do
     * nothing.
     */
    ready(): Promise<void>;
}
