/** Windows has its own path separators, and no schemes of an app's own. */
export declare function isWindows(): boolean;
/** What stands between the names of a path, and between the paths of a list. */
export declare function separators(): {
    sep: string;
    delimiter: string;
};
/**
 * The URL of a file for this page; of another protocol, which the Go side does not serve, as Tauri
 * has it.
 */
export declare function convertFileSrc(filePath: string, protocol?: string): string;
