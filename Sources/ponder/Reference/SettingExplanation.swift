/// What docs/configuration.md says of a setting, in Markdown; the table there is made of these.
struct SettingExplanation {
    /// What holds where nobody sets it.
    let standard: String
    /// What it takes, and what that does.
    let meaning: String
}

extension Setting {
    var explanation: SettingExplanation? {
        modelExplanation ?? networkExplanation ?? engineExplanation
    }
}
