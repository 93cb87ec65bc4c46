// src/tauri/closing.ts
var CloseRequestedEvent = class {
  constructor(event) {
    this.prevented = !1;
    this.event = event.event, this.id = event.id;
  }
  preventDefault() {
    this.prevented = !0;
  }
  isPreventDefault() {
    return this.prevented;
  }
};
export {
  CloseRequestedEvent
};
