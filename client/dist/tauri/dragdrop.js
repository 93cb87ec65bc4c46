// src/tauri/dragdrop.ts
import { PhysicalPosition } from "./dpi.js";
import { TauriEvent } from "./event.js";
async function listenToDragDrop(to, handler) {
  let each = (name, read) => to.listen(name, (event) => handler({ ...event, payload: read(event.payload) })), unlisten = await Promise.all([
    each(TauriEvent.DRAG_ENTER, ({ paths, position }) => ({
      type: "enter",
      paths,
      position: new PhysicalPosition(position)
    })),
    each(TauriEvent.DRAG_OVER, ({ position }) => ({
      type: "over",
      position: new PhysicalPosition(position)
    })),
    each(TauriEvent.DRAG_DROP, ({ paths, position }) => ({
      type: "drop",
      paths,
      position: new PhysicalPosition(position)
    })),
    each(TauriEvent.DRAG_LEAVE, () => ({ type: "leave" }))
  ]);
  return async () => {
    await Promise.all(unlisten.map((end) => end()));
  };
}
export {
  listenToDragDrop
};
