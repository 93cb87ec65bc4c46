// src/tauri/monitor.ts
import { invoke } from "./core.js";
import { PhysicalPosition, PhysicalSize } from "./dpi.js";
function area({ position, size }) {
  return { position: new PhysicalPosition(position), size: new PhysicalSize(size) };
}
function monitor(raw) {
  let { name, scaleFactor, workArea } = raw;
  return { name, scaleFactor, ...area(raw), workArea: area(workArea) };
}
async function ask(command, args) {
  let raw = await invoke(`plugin:window|${command}`, args);
  return raw && monitor(raw);
}
async function currentMonitor() {
  return ask("current_monitor");
}
async function primaryMonitor() {
  return ask("primary_monitor");
}
async function monitorFromPoint(x, y) {
  return ask("monitor_from_point", { x, y });
}
async function availableMonitors() {
  return (await invoke("plugin:window|available_monitors")).map(monitor);
}
async function cursorPosition() {
  return new PhysicalPosition(await invoke("plugin:window|cursor_position"));
}
export {
  availableMonitors,
  currentMonitor,
  cursorPosition,
  monitorFromPoint,
  primaryMonitor
};
