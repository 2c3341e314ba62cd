/// The table of docs/configuration.md: every setting with its flag's other names, its default and what it takes.
struct SettingTable {
    let serve: CommandReference

    /// In Markdown, without a line end behind it.
    var markdown: String {
        let rows = Setting.allCases.compactMap { setting in
            setting.explanation.map { "| \(name(of: setting)) | \($0.standard) | \($0.meaning) |" }
        }
        return (["| setting | default | takes |", "|---|---|---|"] + rows).joined(separator: "\n")
    }

    private func name(of setting: Setting) -> String {
        let name = "`\(setting.rawValue)`"
        guard setting != .model else { return "\(name) (flag: the plain argument)" }
        let flag = "--\(setting.rawValue)"
        let others = serve.arguments.first { $0.isShown && $0.names.contains(flag) }?.names.filter { $0 != flag } ?? []
        guard !others.isEmpty else { return name }
        return "\(name) (flag also: \(others.map { "`\($0)`" }.joined(separator: ", ")))"
    }
}
