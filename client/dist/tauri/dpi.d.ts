import { SERIALIZE_TO_IPC_FN } from './core.js';
interface Extent {
    width: number;
    height: number;
}
interface Point {
    x: number;
    y: number;
}
declare abstract class SizeOf implements Extent {
    width: number;
    height: number;
    protected constructor(unit: string, first: number | Extent | Record<string, Extent>, second?: number);
    [SERIALIZE_TO_IPC_FN](): Extent;
    toJSON(): Extent;
}
declare abstract class PositionOf implements Point {
    x: number;
    y: number;
    protected constructor(unit: string, first: number | Point | Record<string, Point>, second?: number);
    [SERIALIZE_TO_IPC_FN](): Point;
    toJSON(): Point;
}
export declare class LogicalSize extends SizeOf {
    readonly type = "Logical";
    constructor(width: number, height: number);
    constructor(object: {
        Logical: Extent;
    });
    constructor(object: Extent);
    toPhysical(scaleFactor: number): PhysicalSize;
}
export declare class PhysicalSize extends SizeOf {
    readonly type = "Physical";
    constructor(width: number, height: number);
    constructor(object: {
        Physical: Extent;
    });
    constructor(object: Extent);
    toLogical(scaleFactor: number): LogicalSize;
}
export declare class LogicalPosition extends PositionOf {
    readonly type = "Logical";
    constructor(x: number, y: number);
    constructor(object: {
        Logical: Point;
    });
    constructor(object: Point);
    toPhysical(scaleFactor: number): PhysicalPosition;
}
export declare class PhysicalPosition extends PositionOf {
    readonly type = "Physical";
    constructor(x: number, y: number);
    constructor(object: {
        Physical: Point;
    });
    constructor(object: Point);
    toLogical(scaleFactor: number): LogicalPosition;
}
/** A size of either unit; in a command's arguments it names its unit. */
export declare class Size {
    size: LogicalSize | PhysicalSize;
    constructor(size: LogicalSize | PhysicalSize);
    toLogical(scaleFactor: number): LogicalSize;
    toPhysical(scaleFactor: number): PhysicalSize;
    [SERIALIZE_TO_IPC_FN](): Record<string, Extent>;
    toJSON(): Record<string, Extent>;
}
/** A position of either unit; in a command's arguments it names its unit. */
export declare class Position {
    position: LogicalPosition | PhysicalPosition;
    constructor(position: LogicalPosition | PhysicalPosition);
    toLogical(scaleFactor: number): LogicalPosition;
    toPhysical(scaleFactor: number): PhysicalPosition;
    [SERIALIZE_TO_IPC_FN](): Record<string, Point>;
    toJSON(): Record<string, Point>;
}
export {};
