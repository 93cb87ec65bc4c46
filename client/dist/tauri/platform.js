// src/tauri/platform.ts
function isWindows() {
  return typeof navigator == "object" && /windows/i.test(navigator.userAgent);
}
function separators() {
  return isWindows() ? { sep: "\\", delimiter: ";" } : { sep: "/", delimiter: ":" };
}
var FILES = "tailrace://localhost/.tailrace/file/";
function convertFileSrc(filePath, protocol = "asset") {
  let path = encodeURIComponent(filePath);
  return protocol === "asset" ? FILES + path : isWindows() ? `http://${protocol}.localhost/${path}` : `${protocol}://localhost/${path}`;
}
export {
  convertFileSrc,
  isWindows,
  separators
};
