// What a window can be asked, by the commands `plugin:window|…`.

import { invoke } from './core.js';
import { PhysicalPosition, PhysicalSize } from './dpi.js';
import { Labelled } from './labelled.js';
import type { Theme } from './windowOptions.js';

export interface Extent {
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

function ask<T>(command: string, { label }: Labelled): Promise<T> {
  return invoke<T>(`plugin:window|${command}`, { label });
}

/** Sizes and positions are in physical pixels. */
export abstract class WindowState extends Labelled {
  async scaleFactor(): Promise<number> {
    return ask('scale_factor', this);
  }

  async isFullscreen(): Promise<boolean> {
    return ask('is_fullscreen', this);
  }

  async isMinimized(): Promise<boolean> {
    return ask('is_minimized', this);
  }

  async isMaximized(): Promise<boolean> {
    return ask('is_maximized', this);
  }

  async isFocused(): Promise<boolean> {
    return ask('is_focused', this);
  }

  async isDecorated(): Promise<boolean> {
    return ask('is_decorated', this);
  }

  async isResizable(): Promise<boolean> {
    return ask('is_resizable', this);
  }

  async isMaximizable(): Promise<boolean> {
    return ask('is_maximizable', this);
  }

  async isMinimizable(): Promise<boolean> {
    return ask('is_minimizable', this);
  }

  async isClosable(): Promise<boolean> {
    return ask('is_closable', this);
  }

  async isVisible(): Promise<boolean> {
    return ask('is_visible', this);
  }

  async isEnabled(): Promise<boolean> {
    return ask('is_enabled', this);
  }

  async isAlwaysOnTop(): Promise<boolean> {
    return ask('is_always_on_top', this);
  }

  async title(): Promise<string> {
    return ask('title', this);
  }

  async theme(): Promise<Theme | null> {
    return ask('theme', this);
  }

  async activityName(): Promise<string> {
    return ask('activity_name', this);
  }

  async sceneIdentifier(): Promise<string> {
    return ask('scene_identifier', this);
  }

  async innerPosition(): Promise<PhysicalPosition> {
    return new PhysicalPosition(await ask<Point>('inner_position', this));
  }

  async outerPosition(): Promise<PhysicalPosition> {
    return new PhysicalPosition(await ask<Point>('outer_position', this));
  }

  async innerSize(): Promise<PhysicalSize> {
    return new PhysicalSize(await ask<Extent>('inner_size', this));
  }

  async outerSize(): Promise<PhysicalSize> {
    return new PhysicalSize(await ask<Extent>('outer_size', this));
  }
}
