// src/tauri/dpi.ts
import { SERIALIZE_TO_IPC_FN } from "./core.js";
function read(unit, first, second, make) {
  return typeof first == "number" ? make(first, second) : unit in first ? first[unit] : first;
}
var extent = (width, height) => ({ width, height }), point = (x, y) => ({ x, y }), SizeOf = class {
  constructor(unit, first, second) {
    ({ width: this.width, height: this.height } = read(unit, first, second, extent));
  }
  [SERIALIZE_TO_IPC_FN]() {
    return extent(this.width, this.height);
  }
  toJSON() {
    return this[SERIALIZE_TO_IPC_FN]();
  }
}, PositionOf = class {
  constructor(unit, first, second) {
    ({ x: this.x, y: this.y } = read(unit, first, second, point));
  }
  [SERIALIZE_TO_IPC_FN]() {
    return point(this.x, this.y);
  }
  toJSON() {
    return this[SERIALIZE_TO_IPC_FN]();
  }
}, LogicalSize = class extends SizeOf {
  constructor(first, second) {
    super("Logical", first, second);
    this.type = "Logical";
  }
  toPhysical(scaleFactor) {
    return new PhysicalSize(this.width * scaleFactor, this.height * scaleFactor);
  }
}, PhysicalSize = class extends SizeOf {
  constructor(first, second) {
    super("Physical", first, second);
    this.type = "Physical";
  }
  toLogical(scaleFactor) {
    return new LogicalSize(this.width / scaleFactor, this.height / scaleFactor);
  }
}, LogicalPosition = class extends PositionOf {
  constructor(first, second) {
    super("Logical", first, second);
    this.type = "Logical";
  }
  toPhysical(scaleFactor) {
    return new PhysicalPosition(this.x * scaleFactor, this.y * scaleFactor);
  }
}, PhysicalPosition = class extends PositionOf {
  constructor(first, second) {
    super("Physical", first, second);
    this.type = "Physical";
  }
  toLogical(scaleFactor) {
    return new LogicalPosition(this.x / scaleFactor, this.y / scaleFactor);
  }
}, Size = class {
  constructor(size) {
    this.size = size;
  }
  toLogical(scaleFactor) {
    let { size } = this;
    return size.type === "Logical" ? size : size.toLogical(scaleFactor);
  }
  toPhysical(scaleFactor) {
    let { size } = this;
    return size.type === "Physical" ? size : size.toPhysical(scaleFactor);
  }
  [SERIALIZE_TO_IPC_FN]() {
    let { type, width, height } = this.size;
    return { [type]: extent(width, height) };
  }
  toJSON() {
    return this[SERIALIZE_TO_IPC_FN]();
  }
}, Position = class {
  constructor(position) {
    this.position = position;
  }
  toLogical(scaleFactor) {
    let { position } = this;
    return position.type === "Logical" ? position : position.toLogical(scaleFactor);
  }
  toPhysical(scaleFactor) {
    let { position } = this;
    return position.type === "Physical" ? position : position.toPhysical(scaleFactor);
  }
  [SERIALIZE_TO_IPC_FN]() {
    let { type, x, y } = this.position;
    return { [type]: point(x, y) };
  }
  toJSON() {
    return this[SERIALIZE_TO_IPC_FN]();
  }
};
export {
  LogicalPosition,
  LogicalSize,
  PhysicalPosition,
  PhysicalSize,
  Position,
  Size
};
