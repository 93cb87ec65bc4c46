import { appWindow, WebviewWindow } from '@tauri-apps/api/window';

void appWindow.emit('event', { message: 'Tauri is awesome!' });
export const opened = new WebviewWindow('window');
