// The shapes of @tauri-apps/api/dpi: sizes and positions in logical and in physical pixels.

import { SERIALIZE_TO_IPC_FN } from './core.js';

interface Extent {
  width: number;
  height: number;
}

interface Point {
  x: number;
  y: number;
}

/**
 * The arguments of a constructor: two numbers, an object of them, or that object under its unit's
 * name.
 */
function read<T extends object>(
  unit: string,
  first: number | T | Record<string, T>,
  second: number | undefined,
  make: (first: number, second: number) => T,
): T {
  if (typeof first === 'number') return make(first, second as number);
  return unit in first ? (first as Record<string, T>)[unit] : (first as T);
}

const extent = (width: number, height: number): Extent => ({ width, height });
const point = (x: number, y: number): Point => ({ x, y });

abstract class SizeOf implements Extent {
  width: number;
  height: number;

  protected constructor(
    unit: string,
    first: number | Extent | Record<string, Extent>,
    second?: number,
  ) {
    ({ width: this.width, height: this.height } = read(unit, first, second, extent));
  }

  [SERIALIZE_TO_IPC_FN](): Extent {
    return extent(this.width, this.height);
  }

  toJSON(): Extent {
    return this[SERIALIZE_TO_IPC_FN]();
  }
}

abstract class PositionOf implements Point {
  x: number;
  y: number;

  protected constructor(
    unit: string,
    first: number | Point | Record<string, Point>,
    second?: number,
  ) {
    ({ x: this.x, y: this.y } = read(unit, first, second, point));
  }

  [SERIALIZE_TO_IPC_FN](): Point {
    return point(this.x, this.y);
  }

  toJSON(): Point {
    return this[SERIALIZE_TO_IPC_FN]();
  }
}

export class LogicalSize extends SizeOf {
  readonly type = 'Logical';

  constructor(width: number, height: number);
  constructor(object: { Logical: Extent });
  constructor(object: Extent);
  constructor(first: number | Extent | { Logical: Extent }, second?: number) {
    super('Logical', first, second);
  }

  toPhysical(scaleFactor: number): PhysicalSize {
    return new PhysicalSize(this.width * scaleFactor, this.height * scaleFactor);
  }
}

export class PhysicalSize extends SizeOf {
  readonly type = 'Physical';

  constructor(width: number, height: number);
  constructor(object: { Physical: Extent });
  constructor(object: Extent);
  constructor(first: number | Extent | { Physical: Extent }, second?: number) {
    super('Physical', first, second);
  }

  toLogical(scaleFactor: number): LogicalSize {
    return new LogicalSize(this.width / scaleFactor, this.height / scaleFactor);
  }
}

export class LogicalPosition extends PositionOf {
  readonly type = 'Logical';

  constructor(x: number, y: number);
  constructor(object: { Logical: Point });
  constructor(object: Point);
  constructor(first: number | Point | { Logical: Point }, second?: number) {
    super('Logical', first, second);
  }

  toPhysical(scaleFactor: number): PhysicalPosition {
    return new PhysicalPosition(this.x * scaleFactor, this.y * scaleFactor);
  }
}

export class PhysicalPosition extends PositionOf {
  readonly type = 'Physical';

  constructor(x: number, y: number);
  constructor(object: { Physical: Point });
  constructor(object: Point);
  constructor(first: number | Point | { Physical: Point }, second?: number) {
    super('Physical', first, second);
  }

  toLogical(scaleFactor: number): LogicalPosition {
    return new LogicalPosition(this.x / scaleFactor, this.y / scaleFactor);
  }
}

/** A size of either unit; in a command's arguments it names its unit. */
export class Size {
  constructor(public size: LogicalSize | PhysicalSize) {}

  toLogical(scaleFactor: number): LogicalSize {
    const { size } = this;
    return size.type === 'Logical' ? size : size.toLogical(scaleFactor);
  }

  toPhysical(scaleFactor: number): PhysicalSize {
    const { size } = this;
    return size.type === 'Physical' ? size : size.toPhysical(scaleFactor);
  }

  [SERIALIZE_TO_IPC_FN](): Record<string, Extent> {
    const { type, width, height } = this.size;
    return { [type]: extent(width, height) };
  }

  toJSON(): Record<string, Extent> {
    return this[SERIALIZE_TO_IPC_FN]();
  }
}

/** A position of either unit; in a command's arguments it names its unit. */
export class Position {
  constructor(public position: LogicalPosition | PhysicalPosition) {}

  toLogical(scaleFactor: number): LogicalPosition {
    const { position } = this;
    return position.type === 'Logical' ? position : position.toLogical(scaleFactor);
  }

  toPhysical(scaleFactor: number): PhysicalPosition {
    const { position } = this;
    return position.type === 'Physical' ? position : position.toPhysical(scaleFactor);
  }

  [SERIALIZE_TO_IPC_FN](): Record<string, Point> {
    const { type, x, y } = this.position;
    return { [type]: point(x, y) };
  }

  toJSON(): Record<string, Point> {
    return this[SERIALIZE_TO_IPC_FN]();
  }
}
