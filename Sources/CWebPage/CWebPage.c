#include "CWebPage.h"

static const unsigned char index_html[] = {
#embed "page/index.html"
};
static const unsigned char tokens_css[] = {
#embed "page/tokens.css"
};
static const unsigned char base_css[] = {
#embed "page/base.css"
};
static const unsigned char layout_css[] = {
#embed "page/layout.css"
};
static const unsigned char settings_css[] = {
#embed "page/settings.css"
};
static const unsigned char chat_css[] = {
#embed "page/chat.css"
};
static const unsigned char composer_css[] = {
#embed "page/composer.css"
};
static const unsigned char markdown_css[] = {
#embed "page/markdown.css"
};
static const unsigned char operator_css[] = {
#embed "page/operator.css"
};
static const unsigned char calls_view_js[] = {
#embed "page/calls-view.js"
};
static const unsigned char charts_js[] = {
#embed "page/charts.js"
};
static const unsigned char composer_js[] = {
#embed "page/composer.js"
};
static const unsigned char conversation_js[] = {
#embed "page/conversation.js"
};
static const unsigned char dialogs_js[] = {
#embed "page/dialogs.js"
};
static const unsigned char dom_js[] = {
#embed "page/dom.js"
};
static const unsigned char events_js[] = {
#embed "page/events.js"
};
static const unsigned char format_js[] = {
#embed "page/format.js"
};
static const unsigned char heat_map_js[] = {
#embed "page/heat-map.js"
};
static const unsigned char highlight_js[] = {
#embed "page/highlight.js"
};
static const unsigned char icons_js[] = {
#embed "page/icons.js"
};
static const unsigned char inline_js[] = {
#embed "page/inline.js"
};
static const unsigned char main_js[] = {
#embed "page/main.js"
};
static const unsigned char markdown_js[] = {
#embed "page/markdown.js"
};
static const unsigned char merging_js[] = {
#embed "page/merging.js"
};
static const unsigned char message_view_js[] = {
#embed "page/message-view.js"
};
static const unsigned char operator_view_js[] = {
#embed "page/operator-view.js"
};
static const unsigned char preferences_js[] = {
#embed "page/preferences.js"
};
static const unsigned char problems_js[] = {
#embed "page/problems.js"
};
static const unsigned char prometheus_js[] = {
#embed "page/prometheus.js"
};
static const unsigned char reasoning_view_js[] = {
#embed "page/reasoning-view.js"
};
static const unsigned char rendering_js[] = {
#embed "page/rendering.js"
};
static const unsigned char reply_js[] = {
#embed "page/reply.js"
};
static const unsigned char request_body_js[] = {
#embed "page/request-body.js"
};
static const unsigned char server_js[] = {
#embed "page/server.js"
};
static const unsigned char session_js[] = {
#embed "page/session.js"
};
static const unsigned char settings_view_js[] = {
#embed "page/settings-view.js"
};
static const unsigned char shortcuts_js[] = {
#embed "page/shortcuts.js"
};
static const unsigned char sidebar_js[] = {
#embed "page/sidebar.js"
};
static const unsigned char store_js[] = {
#embed "page/store.js"
};
static const unsigned char theme_js[] = {
#embed "page/theme.js"
};
static const unsigned char thinking_controls_js[] = {
#embed "page/thinking-controls.js"
};
static const unsigned char top_bar_js[] = {
#embed "page/top-bar.js"
};
static const unsigned char transcript_js[] = {
#embed "page/transcript.js"
};
static const unsigned char unbroken_stream_js[] = {
#embed "page/unbroken-stream.js"
};

#define PAGE_FILE(name, bytes) {name, bytes, sizeof(bytes)}

static const struct ponder_page_file files[] = {
    PAGE_FILE("index.html", index_html),
    PAGE_FILE("tokens.css", tokens_css),
    PAGE_FILE("base.css", base_css),
    PAGE_FILE("layout.css", layout_css),
    PAGE_FILE("settings.css", settings_css),
    PAGE_FILE("chat.css", chat_css),
    PAGE_FILE("composer.css", composer_css),
    PAGE_FILE("markdown.css", markdown_css),
    PAGE_FILE("operator.css", operator_css),
    PAGE_FILE("calls-view.js", calls_view_js),
    PAGE_FILE("charts.js", charts_js),
    PAGE_FILE("composer.js", composer_js),
    PAGE_FILE("conversation.js", conversation_js),
    PAGE_FILE("dialogs.js", dialogs_js),
    PAGE_FILE("dom.js", dom_js),
    PAGE_FILE("events.js", events_js),
    PAGE_FILE("format.js", format_js),
    PAGE_FILE("heat-map.js", heat_map_js),
    PAGE_FILE("highlight.js", highlight_js),
    PAGE_FILE("icons.js", icons_js),
    PAGE_FILE("inline.js", inline_js),
    PAGE_FILE("main.js", main_js),
    PAGE_FILE("markdown.js", markdown_js),
    PAGE_FILE("merging.js", merging_js),
    PAGE_FILE("message-view.js", message_view_js),
    PAGE_FILE("operator-view.js", operator_view_js),
    PAGE_FILE("preferences.js", preferences_js),
    PAGE_FILE("problems.js", problems_js),
    PAGE_FILE("prometheus.js", prometheus_js),
    PAGE_FILE("reasoning-view.js", reasoning_view_js),
    PAGE_FILE("rendering.js", rendering_js),
    PAGE_FILE("reply.js", reply_js),
    PAGE_FILE("request-body.js", request_body_js),
    PAGE_FILE("server.js", server_js),
    PAGE_FILE("session.js", session_js),
    PAGE_FILE("settings-view.js", settings_view_js),
    PAGE_FILE("shortcuts.js", shortcuts_js),
    PAGE_FILE("sidebar.js", sidebar_js),
    PAGE_FILE("store.js", store_js),
    PAGE_FILE("theme.js", theme_js),
    PAGE_FILE("thinking-controls.js", thinking_controls_js),
    PAGE_FILE("top-bar.js", top_bar_js),
    PAGE_FILE("transcript.js", transcript_js),
    PAGE_FILE("unbroken-stream.js", unbroken_stream_js),
};

const size_t ponder_page_file_count = sizeof(files) / sizeof(files[0]);

const struct ponder_page_file *ponder_page_files(void) {
    return files;
}
