// src/tauri/index.ts
import * as app from "./app.js";
import * as core from "./core.js";
import { invoke } from "./core.js";
import * as dpi from "./dpi.js";
import * as event from "./event.js";
import * as path from "./path.js";
import * as webview from "./webview.js";
import * as webviewWindow from "./webviewWindow.js";
import * as window from "./window.js";
export {
  app,
  core,
  dpi,
  event,
  invoke,
  path,
  webview,
  webviewWindow,
  window
};
