import { type PluginListener } from './core.js';
import type { Theme } from './window.js';
export declare enum BundleType {
    Nsis = "nsis",
    Msi = "msi",
    Deb = "deb",
    Rpm = "rpm",
    AppImage = "appimage",
    App = "app"
}
export type DataStoreIdentifier = number[];
export interface OnBackButtonPressPayload {
    canGoBack: boolean;
}
export declare function getName(): Promise<string>;
export declare function getVersion(): Promise<string>;
export declare function getIdentifier(): Promise<string>;
/** The version of @tauri-apps/api whose commands are there. */
export declare function getTauriVersion(): Promise<string>;
/** Of all windows. Without a theme: as the desktop has it. */
export declare function setTheme(theme?: Theme | null): Promise<void>;
export declare function supportsMultipleWindows(): Promise<boolean>;
/** Null: the program is not in a package. */
export declare function getBundleType(): Promise<BundleType | null>;
/** Null: there are no images here. */
export declare function defaultWindowIcon(): Promise<null>;
export declare function show(): Promise<void>;
export declare function hide(): Promise<void>;
export declare function exit(code?: number): Promise<void>;
export declare function setDockVisibility(visible: boolean): Promise<void>;
export declare function fetchDataStoreIdentifiers(): Promise<DataStoreIdentifier[]>;
export declare function removeDataStore(uuid: DataStoreIdentifier): Promise<void>;
export declare function onBackButtonPress(handler: (payload: OnBackButtonPressPayload) => void): Promise<PluginListener>;
