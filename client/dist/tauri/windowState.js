// src/tauri/windowState.ts
import { invoke } from "./core.js";
import { PhysicalPosition, PhysicalSize } from "./dpi.js";
import { Labelled } from "./labelled.js";
function ask(command, { label }) {
  return invoke(`plugin:window|${command}`, { label });
}
var WindowState = class extends Labelled {
  async scaleFactor() {
    return ask("scale_factor", this);
  }
  async isFullscreen() {
    return ask("is_fullscreen", this);
  }
  async isMinimized() {
    return ask("is_minimized", this);
  }
  async isMaximized() {
    return ask("is_maximized", this);
  }
  async isFocused() {
    return ask("is_focused", this);
  }
  async isDecorated() {
    return ask("is_decorated", this);
  }
  async isResizable() {
    return ask("is_resizable", this);
  }
  async isMaximizable() {
    return ask("is_maximizable", this);
  }
  async isMinimizable() {
    return ask("is_minimizable", this);
  }
  async isClosable() {
    return ask("is_closable", this);
  }
  async isVisible() {
    return ask("is_visible", this);
  }
  async isEnabled() {
    return ask("is_enabled", this);
  }
  async isAlwaysOnTop() {
    return ask("is_always_on_top", this);
  }
  async title() {
    return ask("title", this);
  }
  async theme() {
    return ask("theme", this);
  }
  async activityName() {
    return ask("activity_name", this);
  }
  async sceneIdentifier() {
    return ask("scene_identifier", this);
  }
  async innerPosition() {
    return new PhysicalPosition(await ask("inner_position", this));
  }
  async outerPosition() {
    return new PhysicalPosition(await ask("outer_position", this));
  }
  async innerSize() {
    return new PhysicalSize(await ask("inner_size", this));
  }
  async outerSize() {
    return new PhysicalSize(await ask("outer_size", this));
  }
};
export {
  WindowState
};
