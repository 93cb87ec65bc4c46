// src/tauri/windowActions.ts
import { invoke } from "./core.js";
import {
  Position,
  Size
} from "./dpi.js";
import {
  UserAttentionType
} from "./windowOptions.js";
import { WindowState } from "./windowState.js";
function act(command, { label }) {
  return invoke(`plugin:window|${command}`, { label });
}
function set(command, { label }, value) {
  return invoke(`plugin:window|${command}`, { label, value });
}
function asSize(size) {
  return "size" in size ? size : new Size(size);
}
function asPosition(position) {
  return "position" in position ? position : new Position(position);
}
function iconOf(icon) {
  return typeof icon == "object" && "rid" in icon ? icon.rid : icon;
}
var WindowActions = class extends WindowState {
  async center() {
    return act("center", this);
  }
  async maximize() {
    return act("maximize", this);
  }
  async unmaximize() {
    return act("unmaximize", this);
  }
  async toggleMaximize() {
    return act("toggle_maximize", this);
  }
  async minimize() {
    return act("minimize", this);
  }
  async unminimize() {
    return act("unminimize", this);
  }
  async show() {
    return act("show", this);
  }
  async hide() {
    return act("hide", this);
  }
  async setFocus() {
    return act("set_focus", this);
  }
  async startDragging() {
    return act("start_dragging", this);
  }
  /** Asks the window to close: who listens to the request may prevent it. */
  async close() {
    return act("close", this);
  }
  /** Closes the window without asking. */
  async destroy() {
    return act("destroy", this);
  }
  async setResizable(resizable) {
    return set("set_resizable", this, resizable);
  }
  async setEnabled(enabled) {
    return set("set_enabled", this, enabled);
  }
  async setMaximizable(maximizable) {
    return set("set_maximizable", this, maximizable);
  }
  async setMinimizable(minimizable) {
    return set("set_minimizable", this, minimizable);
  }
  async setClosable(closable) {
    return set("set_closable", this, closable);
  }
  async setTitle(title) {
    return set("set_title", this, title);
  }
  async setDecorations(decorations) {
    return set("set_decorations", this, decorations);
  }
  async setShadow(enable) {
    return set("set_shadow", this, enable);
  }
  async setEffects(effects) {
    return set("set_effects", this, effects);
  }
  async setAlwaysOnTop(alwaysOnTop) {
    return set("set_always_on_top", this, alwaysOnTop);
  }
  async setAlwaysOnBottom(alwaysOnBottom) {
    return set("set_always_on_bottom", this, alwaysOnBottom);
  }
  async setContentProtected(contentProtected) {
    return set("set_content_protected", this, contentProtected);
  }
  async setFullscreen(fullscreen) {
    return set("set_fullscreen", this, fullscreen);
  }
  async setFullscreenOnMonitor(position) {
    return set("set_fullscreen_on_monitor", this, position);
  }
  async setSimpleFullscreen(fullscreen) {
    return set("set_simple_fullscreen", this, fullscreen);
  }
  async setFocusable(focusable) {
    return set("set_focusable", this, focusable);
  }
  async setSkipTaskbar(skip) {
    return set("set_skip_taskbar", this, skip);
  }
  async setCursorGrab(grab) {
    return set("set_cursor_grab", this, grab);
  }
  async setCursorVisible(visible) {
    return set("set_cursor_visible", this, visible);
  }
  async setCursorIcon(icon) {
    return set("set_cursor_icon", this, icon);
  }
  async setBackgroundColor(color) {
    return set("set_background_color", this, color);
  }
  async setIgnoreCursorEvents(ignore) {
    return set("set_ignore_cursor_events", this, ignore);
  }
  async startResizeDragging(direction) {
    return set("start_resize_dragging", this, direction);
  }
  async setBadgeCount(count) {
    return set("set_badge_count", this, count);
  }
  async setBadgeLabel(label) {
    return set("set_badge_label", this, label);
  }
  async setProgressBar(state) {
    return set("set_progress_bar", this, state);
  }
  async setVisibleOnAllWorkspaces(visible) {
    return set("set_visible_on_all_workspaces", this, visible);
  }
  async setTitleBarStyle(style) {
    return set("set_title_bar_style", this, style);
  }
  async setTheme(theme) {
    return set("set_theme", this, theme);
  }
  async clearEffects() {
    return set("set_effects", this, null);
  }
  async requestUserAttention(requestType) {
    return set(
      "request_user_attention",
      this,
      requestType && { type: UserAttentionType[requestType] }
    );
  }
  async setSize(size) {
    return set("set_size", this, asSize(size));
  }
  async setMinSize(size) {
    return set("set_min_size", this, size ? asSize(size) : null);
  }
  async setMaxSize(size) {
    return set("set_max_size", this, size ? asSize(size) : null);
  }
  async setPosition(position) {
    return set("set_position", this, asPosition(position));
  }
  async setCursorPosition(position) {
    return set("set_cursor_position", this, asPosition(position));
  }
  async setSizeConstraints(constraints) {
    let { minWidth, minHeight, maxWidth, maxHeight } = constraints ?? {}, logical = (pixels) => pixels ? { Logical: pixels } : null;
    return set("set_size_constraints", this, {
      minWidth: logical(minWidth),
      minHeight: logical(minHeight),
      maxWidth: logical(maxWidth),
      maxHeight: logical(maxHeight)
    });
  }
  async setIcon(icon) {
    return set("set_icon", this, iconOf(icon));
  }
  async setOverlayIcon(icon) {
    return set("set_overlay_icon", this, icon && iconOf(icon));
  }
};
export {
  WindowActions,
  asPosition,
  asSize
};
