// src/tauri/index.ts
import * as core from "./core.js";
import { invoke } from "./core.js";
import * as dpi from "./dpi.js";
import * as event from "./event.js";
import * as webview from "./webview.js";
import * as webviewWindow from "./webviewWindow.js";
import * as window from "./window.js";
export {
  core,
  dpi,
  event,
  invoke,
  webview,
  webviewWindow,
  window
};
