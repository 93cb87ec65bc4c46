// What differs between systems.

/** Windows has its own path separators, and no schemes of an app's own. */
export function isWindows(): boolean {
  return typeof navigator === 'object' && /windows/i.test(navigator.userAgent);
}

/** The URL of a file for this page. */
export function convertFileSrc(filePath: string, protocol = 'asset'): string {
  const path = encodeURIComponent(filePath);
  return isWindows() ? `http://${protocol}.localhost/${path}` : `${protocol}://localhost/${path}`;
}
