// src/tauri/app.ts
import { addPluginListener, invoke } from "./core.js";
var BundleType = /* @__PURE__ */ ((BundleType2) => (BundleType2.Nsis = "nsis", BundleType2.Msi = "msi", BundleType2.Deb = "deb", BundleType2.Rpm = "rpm", BundleType2.AppImage = "appimage", BundleType2.App = "app", BundleType2))(BundleType || {});
async function getName() {
  return invoke("plugin:app|name");
}
async function getVersion() {
  return invoke("plugin:app|version");
}
async function getIdentifier() {
  return invoke("plugin:app|identifier");
}
async function getTauriVersion() {
  return invoke("plugin:app|tauri_version");
}
async function setTheme(theme) {
  return invoke("plugin:app|set_app_theme", { theme });
}
async function supportsMultipleWindows() {
  return invoke("plugin:app|supports_multiple_windows");
}
async function getBundleType() {
  return invoke("plugin:app|bundle_type");
}
async function defaultWindowIcon() {
  return invoke("plugin:app|default_window_icon");
}
async function show() {
  return invoke("plugin:app|app_show");
}
async function hide() {
  return invoke("plugin:app|app_hide");
}
async function exit(code = 0) {
  return invoke("plugin:app|exit", { code });
}
async function setDockVisibility(visible) {
  return invoke("plugin:app|set_dock_visibility", { visible });
}
async function fetchDataStoreIdentifiers() {
  return invoke("plugin:app|fetch_data_store_identifiers");
}
async function removeDataStore(uuid) {
  return invoke("plugin:app|remove_data_store", { uuid });
}
async function onBackButtonPress(handler) {
  return addPluginListener("app", "back-button", handler);
}
export {
  BundleType,
  defaultWindowIcon,
  exit,
  fetchDataStoreIdentifiers,
  getBundleType,
  getIdentifier,
  getName,
  getTauriVersion,
  getVersion,
  hide,
  onBackButtonPress,
  removeDataStore,
  setDockVisibility,
  setTheme,
  show,
  supportsMultipleWindows
};
