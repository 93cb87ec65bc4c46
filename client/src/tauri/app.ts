// The shapes of @tauri-apps/api/app. What the Go side has no command for rejects, and names the
// command.

import { addPluginListener, invoke, type PluginListener } from './core.js';
import type { Theme } from './window.js';

export enum BundleType {
  Nsis = 'nsis',
  Msi = 'msi',
  Deb = 'deb',
  Rpm = 'rpm',
  AppImage = 'appimage',
  App = 'app',
}

export type DataStoreIdentifier = number[];

export interface OnBackButtonPressPayload {
  canGoBack: boolean;
}

export async function getName(): Promise<string> {
  return invoke('plugin:app|name');
}

export async function getVersion(): Promise<string> {
  return invoke('plugin:app|version');
}

export async function getIdentifier(): Promise<string> {
  return invoke('plugin:app|identifier');
}

/** The version of @tauri-apps/api whose commands are there. */
export async function getTauriVersion(): Promise<string> {
  return invoke('plugin:app|tauri_version');
}

/** Of all windows. Without a theme: as the desktop has it. */
export async function setTheme(theme?: Theme | null): Promise<void> {
  return invoke('plugin:app|set_app_theme', { theme });
}

export async function supportsMultipleWindows(): Promise<boolean> {
  return invoke('plugin:app|supports_multiple_windows');
}

/** Null: the program is not in a package. */
export async function getBundleType(): Promise<BundleType | null> {
  return invoke('plugin:app|bundle_type');
}

/** Null: there are no images here. */
export async function defaultWindowIcon(): Promise<null> {
  return invoke('plugin:app|default_window_icon');
}

export async function show(): Promise<void> {
  return invoke('plugin:app|app_show');
}

export async function hide(): Promise<void> {
  return invoke('plugin:app|app_hide');
}

export async function exit(code = 0): Promise<void> {
  return invoke('plugin:app|exit', { code });
}

export async function setDockVisibility(visible: boolean): Promise<void> {
  return invoke('plugin:app|set_dock_visibility', { visible });
}

export async function fetchDataStoreIdentifiers(): Promise<DataStoreIdentifier[]> {
  return invoke('plugin:app|fetch_data_store_identifiers');
}

export async function removeDataStore(uuid: DataStoreIdentifier): Promise<void> {
  return invoke('plugin:app|remove_data_store', { uuid });
}

export async function onBackButtonPress(
  handler: (payload: OnBackButtonPressPayload) => void,
): Promise<PluginListener> {
  return addPluginListener('app', 'back-button', handler);
}
