import { PhysicalPosition } from './dpi.js';
import { type EventCallback, TauriEvent, type UnlistenFn } from './event.js';
import type { Labelled } from './labelled.js';
import type { DragDropEvent } from './windowOptions.js';

interface Dragged {
  paths: string[];
  position: { x: number; y: number };
}

/** Listens to the four events of dragging files onto a window, as one. */
export async function listenToDragDrop(
  to: Labelled,
  handler: EventCallback<DragDropEvent>,
): Promise<UnlistenFn> {
  const each = (name: TauriEvent, read: (dragged: Dragged) => DragDropEvent) =>
    to.listen<Dragged>(name, (event) => handler({ ...event, payload: read(event.payload) }));
  const unlisten = await Promise.all([
    each(TauriEvent.DRAG_ENTER, ({ paths, position }) => ({
      type: 'enter',
      paths,
      position: new PhysicalPosition(position),
    })),
    each(TauriEvent.DRAG_OVER, ({ position }) => ({
      type: 'over',
      position: new PhysicalPosition(position),
    })),
    each(TauriEvent.DRAG_DROP, ({ paths, position }) => ({
      type: 'drop',
      paths,
      position: new PhysicalPosition(position),
    })),
    each(TauriEvent.DRAG_LEAVE, () => ({ type: 'leave' })),
  ]);
  return async () => {
    await Promise.all(unlisten.map((end) => end()));
  };
}
