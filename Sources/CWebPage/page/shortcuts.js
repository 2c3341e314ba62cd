/** What the keyboard does everywhere on the page. Single letters do nothing, so that speech input cannot press them. */

const isApple = /Mac|iPhone|iPad/.test(navigator.platform);
const control = isApple ? "⌘" : "Ctrl";
const alternative = isApple ? "⌥" : "Alt";

/** `{ keys, label, matches(event), run }`. */
export function makeShortcuts(commands) {
    const withControl = (code, shift = false) => (event) =>
        (isApple ? event.metaKey : event.ctrlKey) && event.shiftKey === shift && !event.altKey && event.code === code;
    const withAlternative = (code) => (event) =>
        event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.code === code;
    return [
        { keys: [control, "Shift", "O"], label: "New conversation", matches: withControl("KeyO", true), run: commands.begin },
        { keys: [control, "K"], label: "Search conversations", matches: withControl("KeyK"), run: commands.search },
        { keys: [control, "I"], label: "Message field", matches: withControl("KeyI"), run: commands.compose },
        { keys: ["Esc"], label: "Stop the reply", matches: (event) => event.key === "Escape", run: commands.stop, isQuiet: true },
        { keys: [alternative, "R"], label: "Another reply", matches: withAlternative("KeyR"), run: commands.regenerate },
        { keys: [alternative, "E"], label: "Edit the last message", matches: withAlternative("KeyE"), run: commands.edit },
        { keys: [alternative, "T"], label: "Thinking on or off", matches: withAlternative("KeyT"), run: commands.think },
        { keys: [alternative, "S"], label: "Settings", matches: withAlternative("KeyS"), run: commands.settings },
        { keys: [alternative, "O"], label: "Chat or operator's view", matches: withAlternative("KeyO"), run: commands.switchView },
        { keys: [control, "/"], label: "This list", matches: withControl("Slash"), run: commands.help },
    ];
}

export function listenToShortcuts(shortcuts) {
    document.addEventListener("keydown", (event) => {
        // A dialog has the keyboard for itself.
        if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
        const shortcut = shortcuts.find(({ matches }) => matches(event));
        if (!shortcut) return;
        if (!shortcut.isQuiet) event.preventDefault();
        shortcut.run(event);
    });
}
