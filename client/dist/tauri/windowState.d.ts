import { PhysicalPosition, PhysicalSize } from './dpi.js';
import { Labelled } from './labelled.js';
import type { Theme } from './windowOptions.js';
export interface Extent {
    width: number;
    height: number;
}
export interface Point {
    x: number;
    y: number;
}
/** Sizes and positions are in physical pixels. */
export declare abstract class WindowState extends Labelled {
    scaleFactor(): Promise<number>;
    isFullscreen(): Promise<boolean>;
    isMinimized(): Promise<boolean>;
    isMaximized(): Promise<boolean>;
    isFocused(): Promise<boolean>;
    isDecorated(): Promise<boolean>;
    isResizable(): Promise<boolean>;
    isMaximizable(): Promise<boolean>;
    isMinimizable(): Promise<boolean>;
    isClosable(): Promise<boolean>;
    isVisible(): Promise<boolean>;
    isEnabled(): Promise<boolean>;
    isAlwaysOnTop(): Promise<boolean>;
    title(): Promise<string>;
    theme(): Promise<Theme | null>;
    activityName(): Promise<string>;
    sceneIdentifier(): Promise<string>;
    innerPosition(): Promise<PhysicalPosition>;
    outerPosition(): Promise<PhysicalPosition>;
    innerSize(): Promise<PhysicalSize>;
    outerSize(): Promise<PhysicalSize>;
}
