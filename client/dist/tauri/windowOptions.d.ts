import type { LogicalPosition, PhysicalPosition, PhysicalSize } from './dpi.js';
export type WindowLabel = string;
export type Theme = 'light' | 'dark';
export type TitleBarStyle = 'visible' | 'transparent' | 'overlay';
export type BackgroundThrottlingPolicy = 'disabled' | 'throttle' | 'suspend';
export type ScrollBarStyle = 'default' | 'fluentOverlay';
export type ResizeDirection = 'East' | 'North' | 'NorthEast' | 'NorthWest' | 'South' | 'SouthEast' | 'SouthWest' | 'West';
export type CursorIcon = 'default' | 'crosshair' | 'hand' | 'arrow' | 'move' | 'text' | 'wait' | 'help' | 'progress' | 'notAllowed' | 'contextMenu' | 'cell' | 'verticalText' | 'alias' | 'copy' | 'noDrop' | 'grab' | 'grabbing' | 'allScroll' | 'zoomIn' | 'zoomOut' | 'eResize' | 'nResize' | 'neResize' | 'nwResize' | 'sResize' | 'seResize' | 'swResize' | 'wResize' | 'ewResize' | 'nsResize' | 'neswResize' | 'nwseResize' | 'colResize' | 'rowResize';
export type Color = [number, number, number] | [number, number, number, number] | {
    red: number;
    green: number;
    blue: number;
    alpha: number;
} | string;
/** A path, the bytes of an image file, or the number of an image in Go. */
export type Icon = string | number[] | ArrayBuffer | Uint8Array | {
    rid: number;
};
export declare enum UserAttentionType {
    Critical = 1,
    Informational = 2
}
export declare enum ProgressBarStatus {
    None = "none",
    Normal = "normal",
    Indeterminate = "indeterminate",
    Paused = "paused",
    Error = "error"
}
export interface ProgressBarState {
    status?: ProgressBarStatus;
    /** 0 to 100. */
    progress?: number;
}
export declare enum Effect {
    AppearanceBased = "appearanceBased",
    Light = "light",
    Dark = "dark",
    MediumLight = "mediumLight",
    UltraDark = "ultraDark",
    Titlebar = "titlebar",
    Selection = "selection",
    Menu = "menu",
    Popover = "popover",
    Sidebar = "sidebar",
    HeaderView = "headerView",
    Sheet = "sheet",
    WindowBackground = "windowBackground",
    HudWindow = "hudWindow",
    FullScreenUI = "fullScreenUI",
    Tooltip = "tooltip",
    ContentBackground = "contentBackground",
    UnderWindowBackground = "underWindowBackground",
    UnderPageBackground = "underPageBackground",
    LiquidGlassRegular = "liquidGlassRegular",
    LiquidGlassClear = "liquidGlassClear",
    Mica = "mica",
    Blur = "blur",
    Acrylic = "acrylic",
    Tabbed = "tabbed",
    TabbedDark = "tabbedDark",
    TabbedLight = "tabbedLight"
}
export declare enum EffectState {
    FollowsWindowActiveState = "followsWindowActiveState",
    Active = "active",
    Inactive = "inactive"
}
export interface Effects {
    effects: Effect[];
    state?: EffectState;
    radius?: number;
    color?: Color;
    interactive?: boolean;
}
/** In logical pixels. */
export interface WindowSizeConstraints {
    minWidth?: number;
    minHeight?: number;
    maxWidth?: number;
    maxHeight?: number;
}
export interface PreventOverflowMargin {
    width: number;
    height: number;
}
export interface ScaleFactorChanged {
    scaleFactor: number;
    size: PhysicalSize;
}
export type DragDropEvent = {
    type: 'enter';
    paths: string[];
    position: PhysicalPosition;
} | {
    type: 'over';
    position: PhysicalPosition;
} | {
    type: 'drop';
    paths: string[];
    position: PhysicalPosition;
} | {
    type: 'leave';
};
/**
 * Sizes and positions are in logical pixels. The app logs the first use of an option that it does
 * not know.
 */
export interface WindowOptions extends WindowSizeConstraints {
    center?: boolean;
    x?: number;
    y?: number;
    width?: number;
    height?: number;
    preventOverflow?: boolean | PreventOverflowMargin;
    resizable?: boolean;
    title?: string;
    fullscreen?: boolean;
    focus?: boolean;
    focusable?: boolean;
    transparent?: boolean;
    maximized?: boolean;
    visible?: boolean;
    decorations?: boolean;
    alwaysOnTop?: boolean;
    alwaysOnBottom?: boolean;
    contentProtected?: boolean;
    skipTaskbar?: boolean;
    noRedirectionBitmap?: boolean;
    shadow?: boolean;
    theme?: Theme;
    titleBarStyle?: TitleBarStyle;
    trafficLightPosition?: LogicalPosition;
    hiddenTitle?: boolean;
    tabbingIdentifier?: string;
    maximizable?: boolean;
    minimizable?: boolean;
    closable?: boolean;
    /** A window or its label. */
    parent?: {
        label: string;
    } | string;
    visibleOnAllWorkspaces?: boolean;
    windowEffects?: Effects;
    backgroundColor?: Color;
    backgroundThrottling?: BackgroundThrottlingPolicy;
    javascriptDisabled?: boolean;
    allowLinkPreview?: boolean;
    disableInputAccessoryView?: boolean;
    scrollBarStyle?: ScrollBarStyle;
    activityName?: string;
    createdByActivityName?: string;
    requestedBySceneIdentifier?: string;
}
