import { type EventCallback, type UnlistenFn } from './event.js';
import type { Labelled } from './labelled.js';
import type { DragDropEvent } from './windowOptions.js';
/** Listens to the four events of dragging files onto a window, as one. */
export declare function listenToDragDrop(to: Labelled, handler: EventCallback<DragDropEvent>): Promise<UnlistenFn>;
