/** A method of that name gives what stands for its object in the arguments of a command. */
export const SERIALIZE_TO_IPC_FN = '__TAURI_TO_IPC_KEY__';
