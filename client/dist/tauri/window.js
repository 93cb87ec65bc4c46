// src/tauri/window.ts
import { CloseRequestedEvent } from "./closing.js";
import { LogicalPosition, LogicalSize, PhysicalPosition, PhysicalSize } from "./dpi.js";
import {
  availableMonitors,
  currentMonitor,
  cursorPosition,
  monitorFromPoint,
  primaryMonitor
} from "./monitor.js";
import { getAllWindows, getCurrentWindow, Window } from "./windowClass.js";
export * from "./windowOptions.js";
import { appWindow, getAll, getCurrent, WebviewWindow } from "./windowV1.js";
export {
  CloseRequestedEvent,
  LogicalPosition,
  LogicalSize,
  PhysicalPosition,
  PhysicalSize,
  WebviewWindow,
  Window,
  appWindow,
  availableMonitors,
  currentMonitor,
  cursorPosition,
  getAll,
  getAllWindows,
  getCurrent,
  getCurrentWindow,
  monitorFromPoint,
  primaryMonitor
};
