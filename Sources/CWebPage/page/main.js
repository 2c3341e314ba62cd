/** Puts the page together. */
import { Composer } from "./composer.js";
import { askForKey, showHelp } from "./dialogs.js";
import { announce, byId, h, iconButton, setAttribute } from "./dom.js";
import { OperatorView } from "./operator-view.js";
import { serverVersion } from "./server.js";
import { session } from "./session.js";
import { SettingsView } from "./settings-view.js";
import { listenToShortcuts, makeShortcuts } from "./shortcuts.js";
import { Sidebar } from "./sidebar.js";
import { followSystemTheme, isDark, setTheme } from "./theme.js";
import { ThinkingControls } from "./thinking-controls.js";
import { TopBar } from "./top-bar.js";
import { Transcript } from "./transcript.js";

const noticeTime = 8000;

followSystemTheme();

const themeButton = iconButton("moon", "Dark colours", () => setTheme(isDark() ? "light" : "dark"));
const helpButton = iconButton("help", "Keyboard and more", () => help());
const topBar = new TopBar({
    toggleSidebar: (opener) => sidebar.toggle(opener), toggleSettings: (opener) => settingsView.toggle(opener), showView,
});
const sidebar = new Sidebar([themeButton, helpButton]);
const thinkingControls = new ThinkingControls();
const composer = new Composer(thinkingControls);
const transcript = new Transcript();
const operatorView = new OperatorView();
const settingsView = new SettingsView({
    askForKey: () => enterKey("The key that this server asks for."), exportAll: () => sidebar.exportAll(),
    removeAll: () => sidebar.removeAll(),
});

const shortcuts = makeShortcuts({
    begin: () => { showView("chat"); session.begin(); composer.focus(); },
    search: () => sidebar.focusSearch(),
    compose: () => { showView("chat"); composer.focus(); },
    stop: (event) => { if (session.running) { event.preventDefault(); session.stop(); composer.focus(); } },
    regenerate: () => transcript.regenerateLast(),
    edit: () => transcript.editLast(),
    think: () => { thinkingControls.toggle(); announce(`Thinking ${session.current.settings.isThinking ? "on" : "off"}.`); },
    settings: () => settingsView.toggle(document.activeElement),
    switchView: () => showView(operatorView.isShown ? "chat" : "operator"),
    help,
});
listenToShortcuts(shortcuts);

/** `chat` or `operator`; the address remembers it. */
function showView(view) {
    if (location.hash !== `#${view}`) history.replaceState(null, "", `#${view}`);
    byId("chat-view").hidden = view !== "chat";
    operatorView.show(view === "operator");
    topBar.markView(view);
    byId("chat-heading").textContent = session.current.title || "New conversation";
    document.title = view === "operator" ? "Operator – Ponder" : session.current.title ? `${session.current.title} – Ponder` : "Ponder";
}

function help() {
    showHelp(shortcuts, serverVersion().catch(() => ""));
}

let isAskingForKey = false;

async function enterKey(reason) {
    if (isAskingForKey) return;
    isAskingForKey = true;
    const wasGiven = await askForKey(reason);
    isAskingForKey = false;
    if (!wasGiven) return;
    await session.refreshModels();
    showView(operatorView.isShown ? "operator" : "chat");
}

function showNotice(text) {
    const notice = h("div", { class: "notice", role: "alert" }, h("p", {}, text), iconButton("close", "Dismiss", () => notice.remove()));
    byId("notices").replaceChildren(notice);
    setTimeout(() => notice.remove(), noticeTime);
}

document.addEventListener("themechange", () => {
    themeButton.replaceChildren(iconButton(isDark() ? "sun" : "moon", "", () => {}).firstChild);
    const label = isDark() ? "Light colours" : "Dark colours";
    for (const name of ["aria-label", "title"]) setAttribute(themeButton, name, label);
});
document.dispatchEvent(new Event("themechange"));
session.addEventListener("notice", ({ detail }) => showNotice(detail.text));
session.addEventListener("key", () => enterKey("This server asks for an API key."));
session.addEventListener("conversation", ({ detail }) => showView(detail.isNews && operatorView.isShown ? "operator" : "chat"));
addEventListener("hashchange", () => showView(location.hash === "#operator" ? "operator" : "chat"));

const firstView = location.hash === "#operator" ? "operator" : "chat";
await session.start();
showView(firstView);
if (firstView === "chat" && matchMedia("(hover: hover)").matches) composer.focus();
