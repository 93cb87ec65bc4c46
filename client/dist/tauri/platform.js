// src/tauri/platform.ts
function isWindows() {
  return typeof navigator == "object" && /windows/i.test(navigator.userAgent);
}
function separators() {
  return isWindows() ? { sep: "\\", delimiter: ";" } : { sep: "/", delimiter: ":" };
}
function convertFileSrc(filePath, protocol = "asset") {
  let path = encodeURIComponent(filePath);
  return isWindows() ? `http://${protocol}.localhost/${path}` : `${protocol}://localhost/${path}`;
}
export {
  convertFileSrc,
  isWindows,
  separators
};
