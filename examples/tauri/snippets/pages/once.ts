import { once } from '@tauri-apps/api/event';
import { getCurrentWebviewWindow } from '@tauri-apps/api/webviewWindow';

void once('ready', () => {});
void getCurrentWebviewWindow().once('ready', () => {});
