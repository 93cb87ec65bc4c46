import type { Event, EventName } from './event.js';
/**
 * A window was asked to close. Unless its handler prevents that, the window is destroyed when the
 * handler is done.
 */
export declare class CloseRequestedEvent {
    event: EventName;
    id: number;
    private prevented;
    constructor(event: Event<unknown>);
    preventDefault(): void;
    isPreventDefault(): boolean;
}
