// Monitors and the cursor.

import { invoke } from './core.js';
import { PhysicalPosition, PhysicalSize } from './dpi.js';

interface Area<P, S> {
  position: P;
  size: S;
}

export interface Monitor extends Area<PhysicalPosition, PhysicalSize> {
  name: string | null;
  workArea: Area<PhysicalPosition, PhysicalSize>;
  scaleFactor: number;
}

interface RawArea extends Area<{ x: number; y: number }, { width: number; height: number }> {}

interface RawMonitor extends RawArea {
  name: string | null;
  workArea: RawArea;
  scaleFactor: number;
}

function area({ position, size }: RawArea): Area<PhysicalPosition, PhysicalSize> {
  return { position: new PhysicalPosition(position), size: new PhysicalSize(size) };
}

function monitor(raw: RawMonitor): Monitor {
  const { name, scaleFactor, workArea } = raw;
  return { name, scaleFactor, ...area(raw), workArea: area(workArea) };
}

async function ask(command: string, args?: Record<string, unknown>): Promise<Monitor | null> {
  const raw = await invoke<RawMonitor | null>(`plugin:window|${command}`, args);
  return raw && monitor(raw);
}

export async function currentMonitor(): Promise<Monitor | null> {
  return ask('current_monitor');
}

export async function primaryMonitor(): Promise<Monitor | null> {
  return ask('primary_monitor');
}

export async function monitorFromPoint(x: number, y: number): Promise<Monitor | null> {
  return ask('monitor_from_point', { x, y });
}

export async function availableMonitors(): Promise<Monitor[]> {
  return (await invoke<RawMonitor[]>('plugin:window|available_monitors')).map(monitor);
}

export async function cursorPosition(): Promise<PhysicalPosition> {
  return new PhysicalPosition(await invoke('plugin:window|cursor_position'));
}
