/** Light or dark: as the system has it, unless the reader says otherwise. */
import { preferences, savePreferences } from "./preferences.js";

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

export function applyTheme() {
    const { theme } = preferences;
    document.documentElement.dataset.theme = theme === "system" ? (systemIsDark.matches ? "dark" : "light") : theme;
    document.dispatchEvent(new Event("themechange"));
}

/** Follows the system from now on. */
export function followSystemTheme() {
    systemIsDark.addEventListener("change", applyTheme);
    applyTheme();
}

export function isDark() {
    return document.documentElement.dataset.theme === "dark";
}

export function setTheme(theme) {
    savePreferences({ theme });
    applyTheme();
}
