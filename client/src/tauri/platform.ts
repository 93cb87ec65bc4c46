// What differs between systems.

/** Windows has its own path separators, and no schemes of an app's own. */
export function isWindows(): boolean {
  return typeof navigator === 'object' && /windows/i.test(navigator.userAgent);
}

/** What stands between the names of a path, and between the paths of a list. */
export function separators(): { sep: string; delimiter: string } {
  return isWindows() ? { sep: '\\', delimiter: ';' } : { sep: '/', delimiter: ':' };
}

/** Where the Go side serves files of the system. */
const FILES = 'tailrace://localhost/.tailrace/file/';

/**
 * The URL of a file for this page; of another protocol, which the Go side does not serve, as Tauri
 * has it.
 */
export function convertFileSrc(filePath: string, protocol = 'asset'): string {
  const path = encodeURIComponent(filePath);
  if (protocol === 'asset') return FILES + path;
  return isWindows() ? `http://${protocol}.localhost/${path}` : `${protocol}://localhost/${path}`;
}
