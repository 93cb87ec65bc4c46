// src/tauri/path.ts
import { invoke } from "./core.js";
import { separators } from "./platform.js";
var BaseDirectory = /* @__PURE__ */ ((BaseDirectory2) => (BaseDirectory2[BaseDirectory2.Audio = 1] = "Audio", BaseDirectory2[BaseDirectory2.Cache = 2] = "Cache", BaseDirectory2[BaseDirectory2.Config = 3] = "Config", BaseDirectory2[BaseDirectory2.Data = 4] = "Data", BaseDirectory2[BaseDirectory2.LocalData = 5] = "LocalData", BaseDirectory2[BaseDirectory2.Document = 6] = "Document", BaseDirectory2[BaseDirectory2.Download = 7] = "Download", BaseDirectory2[BaseDirectory2.Picture = 8] = "Picture", BaseDirectory2[BaseDirectory2.Public = 9] = "Public", BaseDirectory2[BaseDirectory2.Video = 10] = "Video", BaseDirectory2[BaseDirectory2.Resource = 11] = "Resource", BaseDirectory2[BaseDirectory2.Temp = 12] = "Temp", BaseDirectory2[BaseDirectory2.AppConfig = 13] = "AppConfig", BaseDirectory2[BaseDirectory2.AppData = 14] = "AppData", BaseDirectory2[BaseDirectory2.AppLocalData = 15] = "AppLocalData", BaseDirectory2[BaseDirectory2.AppCache = 16] = "AppCache", BaseDirectory2[BaseDirectory2.AppLog = 17] = "AppLog", BaseDirectory2[BaseDirectory2.Desktop = 18] = "Desktop", BaseDirectory2[BaseDirectory2.Executable = 19] = "Executable", BaseDirectory2[BaseDirectory2.Font = 20] = "Font", BaseDirectory2[BaseDirectory2.Home = 21] = "Home", BaseDirectory2[BaseDirectory2.Runtime = 22] = "Runtime", BaseDirectory2[BaseDirectory2.Template = 23] = "Template", BaseDirectory2))(BaseDirectory || {});
function directory(directory2) {
  return async () => invoke("plugin:path|resolve_directory", { directory: directory2 });
}
var appCacheDir = /* @__PURE__ */ directory(16 /* AppCache */), appConfigDir = /* @__PURE__ */ directory(13 /* AppConfig */), appDataDir = /* @__PURE__ */ directory(14 /* AppData */), appLocalDataDir = /* @__PURE__ */ directory(15 /* AppLocalData */), appLogDir = /* @__PURE__ */ directory(17 /* AppLog */), audioDir = /* @__PURE__ */ directory(1 /* Audio */), cacheDir = /* @__PURE__ */ directory(2 /* Cache */), configDir = /* @__PURE__ */ directory(3 /* Config */), dataDir = /* @__PURE__ */ directory(4 /* Data */), desktopDir = /* @__PURE__ */ directory(18 /* Desktop */), documentDir = /* @__PURE__ */ directory(6 /* Document */), downloadDir = /* @__PURE__ */ directory(7 /* Download */), executableDir = /* @__PURE__ */ directory(19 /* Executable */), fontDir = /* @__PURE__ */ directory(20 /* Font */), homeDir = /* @__PURE__ */ directory(21 /* Home */), localDataDir = /* @__PURE__ */ directory(5 /* LocalData */), pictureDir = /* @__PURE__ */ directory(8 /* Picture */), publicDir = /* @__PURE__ */ directory(9 /* Public */), resourceDir = /* @__PURE__ */ directory(11 /* Resource */), runtimeDir = /* @__PURE__ */ directory(22 /* Runtime */), tempDir = /* @__PURE__ */ directory(12 /* Temp */), templateDir = /* @__PURE__ */ directory(23 /* Template */), videoDir = /* @__PURE__ */ directory(10 /* Video */);
async function resolveResource(resourcePath) {
  return invoke("plugin:path|resolve_directory", { directory: 11 /* Resource */, path: resourcePath });
}
function sep() {
  return separators().sep;
}
function delimiter() {
  return separators().delimiter;
}
async function resolve(...paths) {
  return invoke("plugin:path|resolve", { paths });
}
async function normalize(path) {
  return invoke("plugin:path|normalize", { path });
}
async function join(...paths) {
  return invoke("plugin:path|join", { paths });
}
async function dirname(path) {
  return invoke("plugin:path|dirname", { path });
}
async function extname(path) {
  return invoke("plugin:path|extname", { path });
}
async function basename(path, ext) {
  return invoke("plugin:path|basename", { path, ext });
}
async function isAbsolute(path) {
  return invoke("plugin:path|is_absolute", { path });
}
export {
  BaseDirectory,
  appCacheDir,
  appConfigDir,
  appDataDir,
  appLocalDataDir,
  appLogDir,
  audioDir,
  basename,
  cacheDir,
  configDir,
  dataDir,
  delimiter,
  desktopDir,
  dirname,
  documentDir,
  downloadDir,
  executableDir,
  extname,
  fontDir,
  homeDir,
  isAbsolute,
  join,
  localDataDir,
  normalize,
  pictureDir,
  publicDir,
  resolve,
  resolveResource,
  resourceDir,
  runtimeDir,
  sep,
  tempDir,
  templateDir,
  videoDir
};
