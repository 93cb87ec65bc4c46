// src/tauri/ipc.ts
var SERIALIZE_TO_IPC_FN = "__TAURI_TO_IPC_KEY__";
export {
  SERIALIZE_TO_IPC_FN
};
