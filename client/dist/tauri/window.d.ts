export { CloseRequestedEvent } from './closing.js';
export { LogicalPosition, LogicalSize, PhysicalPosition, PhysicalSize } from './dpi.js';
export { availableMonitors, currentMonitor, cursorPosition, type Monitor, monitorFromPoint, primaryMonitor, } from './monitor.js';
export { getAllWindows, getCurrentWindow, Window } from './windowClass.js';
export * from './windowOptions.js';
export { appWindow, getAll, getCurrent, WebviewWindow } from './windowV1.js';
