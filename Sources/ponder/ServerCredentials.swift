import APIDoors

/// What decides whom a server talks to, as far as it stands in files: read at the start, and again at SIGHUP.
struct ServerCredentials: Sendable {
    let access: AccessControl
    private let settings: ServeSettings

    /// - Throws: ``SettingsError`` where a file cannot be used.
    init(_ settings: ServeSettings) throws(SettingsError) {
        self.settings = settings
        access = AccessControl(keys: try KeyRing(settings).load(), limits: settings.rateLimits)
    }

    /// Whether there is a file that could have changed.
    var isReloadable: Bool { settings.apiKeyFile != nil }

    /// Takes the files as they are now. Running replies and connections go on.
    ///
    /// - Throws: ``SettingsError`` where a file cannot be used; then all stays as it was.
    func reload() throws(SettingsError) {
        access.replaceKeys(try KeyRing(settings).load())
    }
}
