/** Windows has its own path separators, and no schemes of an app's own. */
export declare function isWindows(): boolean;
/** The URL of a file for this page. */
export declare function convertFileSrc(filePath: string, protocol?: string): string;
