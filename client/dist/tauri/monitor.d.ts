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
export declare function currentMonitor(): Promise<Monitor | null>;
export declare function primaryMonitor(): Promise<Monitor | null>;
export declare function monitorFromPoint(x: number, y: number): Promise<Monitor | null>;
export declare function availableMonitors(): Promise<Monitor[]>;
export declare function cursorPosition(): Promise<PhysicalPosition>;
export {};
