import { getCurrentWebviewWindow } from '@tauri-apps/api/webviewWindow';

void getCurrentWebviewWindow().listen<string>('logged-in', ({ payload: token }) => {
  localStorage.setItem('session-token', token);
});
