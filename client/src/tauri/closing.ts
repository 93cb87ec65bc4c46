import type { Event, EventName } from './event.js';

/**
 * A window was asked to close. Unless its handler prevents that, the window is destroyed when the
 * handler is done.
 */
export class CloseRequestedEvent {
  event: EventName;
  id: number;
  private prevented = false;

  constructor(event: Event<unknown>) {
    this.event = event.event;
    this.id = event.id;
  }

  preventDefault(): void {
    this.prevented = true;
  }

  isPreventDefault(): boolean {
    return this.prevented;
  }
}
