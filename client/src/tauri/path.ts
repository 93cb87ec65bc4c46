// The shapes of @tauri-apps/api/path. Paths are the Go program's.

import { invoke } from './core.js';
import { separators } from './platform.js';

/** A directory of the user, of the program, or of the app. */
export enum BaseDirectory {
  Audio = 1,
  Cache,
  Config,
  Data,
  LocalData,
  Document,
  Download,
  Picture,
  Public,
  Video,
  Resource,
  Temp,
  AppConfig,
  AppData,
  AppLocalData,
  AppCache,
  AppLog,
  Desktop,
  Executable,
  Font,
  Home,
  Runtime,
  Template,
}

type Directory = () => Promise<string>;

function directory(directory: BaseDirectory): Directory {
  return async () => invoke('plugin:path|resolve_directory', { directory });
}

export const appCacheDir: Directory = /* @__PURE__ */ directory(BaseDirectory.AppCache);
export const appConfigDir: Directory = /* @__PURE__ */ directory(BaseDirectory.AppConfig);
export const appDataDir: Directory = /* @__PURE__ */ directory(BaseDirectory.AppData);
export const appLocalDataDir: Directory = /* @__PURE__ */ directory(BaseDirectory.AppLocalData);
export const appLogDir: Directory = /* @__PURE__ */ directory(BaseDirectory.AppLog);
export const audioDir: Directory = /* @__PURE__ */ directory(BaseDirectory.Audio);
export const cacheDir: Directory = /* @__PURE__ */ directory(BaseDirectory.Cache);
export const configDir: Directory = /* @__PURE__ */ directory(BaseDirectory.Config);
export const dataDir: Directory = /* @__PURE__ */ directory(BaseDirectory.Data);
export const desktopDir: Directory = /* @__PURE__ */ directory(BaseDirectory.Desktop);
export const documentDir: Directory = /* @__PURE__ */ directory(BaseDirectory.Document);
export const downloadDir: Directory = /* @__PURE__ */ directory(BaseDirectory.Download);
export const executableDir: Directory = /* @__PURE__ */ directory(BaseDirectory.Executable);
export const fontDir: Directory = /* @__PURE__ */ directory(BaseDirectory.Font);
export const homeDir: Directory = /* @__PURE__ */ directory(BaseDirectory.Home);
export const localDataDir: Directory = /* @__PURE__ */ directory(BaseDirectory.LocalData);
export const pictureDir: Directory = /* @__PURE__ */ directory(BaseDirectory.Picture);
export const publicDir: Directory = /* @__PURE__ */ directory(BaseDirectory.Public);
export const resourceDir: Directory = /* @__PURE__ */ directory(BaseDirectory.Resource);
export const runtimeDir: Directory = /* @__PURE__ */ directory(BaseDirectory.Runtime);
export const tempDir: Directory = /* @__PURE__ */ directory(BaseDirectory.Temp);
export const templateDir: Directory = /* @__PURE__ */ directory(BaseDirectory.Template);
export const videoDir: Directory = /* @__PURE__ */ directory(BaseDirectory.Video);

/** A file beside the program. */
export async function resolveResource(resourcePath: string): Promise<string> {
  const directory = BaseDirectory.Resource;
  return invoke('plugin:path|resolve_directory', { directory, path: resourcePath });
}

/** What stands between the names of a path. */
export function sep(): string {
  return separators().sep;
}

/** What stands between the paths of a list. */
export function delimiter(): string {
  return separators().delimiter;
}

export async function resolve(...paths: string[]): Promise<string> {
  return invoke('plugin:path|resolve', { paths });
}

export async function normalize(path: string): Promise<string> {
  return invoke('plugin:path|normalize', { path });
}

export async function join(...paths: string[]): Promise<string> {
  return invoke('plugin:path|join', { paths });
}

export async function dirname(path: string): Promise<string> {
  return invoke('plugin:path|dirname', { path });
}

export async function extname(path: string): Promise<string> {
  return invoke('plugin:path|extname', { path });
}

export async function basename(path: string, ext?: string): Promise<string> {
  return invoke('plugin:path|basename', { path, ext });
}

export async function isAbsolute(path: string): Promise<boolean> {
  return invoke('plugin:path|is_absolute', { path });
}
