/** A directory of the user, of the program, or of the app. */
export declare enum BaseDirectory {
    Audio = 1,
    Cache = 2,
    Config = 3,
    Data = 4,
    LocalData = 5,
    Document = 6,
    Download = 7,
    Picture = 8,
    Public = 9,
    Video = 10,
    Resource = 11,
    Temp = 12,
    AppConfig = 13,
    AppData = 14,
    AppLocalData = 15,
    AppCache = 16,
    AppLog = 17,
    Desktop = 18,
    Executable = 19,
    Font = 20,
    Home = 21,
    Runtime = 22,
    Template = 23
}
type Directory = () => Promise<string>;
export declare const appCacheDir: Directory;
export declare const appConfigDir: Directory;
export declare const appDataDir: Directory;
export declare const appLocalDataDir: Directory;
export declare const appLogDir: Directory;
export declare const audioDir: Directory;
export declare const cacheDir: Directory;
export declare const configDir: Directory;
export declare const dataDir: Directory;
export declare const desktopDir: Directory;
export declare const documentDir: Directory;
export declare const downloadDir: Directory;
export declare const executableDir: Directory;
export declare const fontDir: Directory;
export declare const homeDir: Directory;
export declare const localDataDir: Directory;
export declare const pictureDir: Directory;
export declare const publicDir: Directory;
export declare const resourceDir: Directory;
export declare const runtimeDir: Directory;
export declare const tempDir: Directory;
export declare const templateDir: Directory;
export declare const videoDir: Directory;
/** A file beside the program. */
export declare function resolveResource(resourcePath: string): Promise<string>;
/** What stands between the names of a path. */
export declare function sep(): string;
/** What stands between the paths of a list. */
export declare function delimiter(): string;
export declare function resolve(...paths: string[]): Promise<string>;
export declare function normalize(path: string): Promise<string>;
export declare function join(...paths: string[]): Promise<string>;
export declare function dirname(path: string): Promise<string>;
export declare function extname(path: string): Promise<string>;
export declare function basename(path: string, ext?: string): Promise<string>;
export declare function isAbsolute(path: string): Promise<boolean>;
export {};
