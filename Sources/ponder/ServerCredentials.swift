import APIDoors
import HTTP
import TLS

/// What decides whom a server talks to, as far as it stands in files: read at the start, and again at SIGHUP.
struct ServerCredentials: Sendable {
    let access: AccessControl
    /// What connections are encrypted with at the start; nil where TLS is not spoken.
    let tls: TLSContext?
    private let settings: ServeSettings

    /// - Throws: ``SettingsError`` where a file cannot be used.
    init(_ settings: ServeSettings) throws(SettingsError) {
        self.settings = settings
        access = AccessControl(
            keys: try KeyRing(settings).load(), limits: settings.rateLimits,
            wrongKeysPerMinute: settings.wrongKeysPerMinute)
        tls = try Self.context(settings)
    }

    /// Whether there is a file that could have changed.
    var isReloadable: Bool { settings.apiKeyFile != nil || !settings.tlsIdentities.isEmpty }

    /// Takes the files as they are now. Running replies and connections go on.
    ///
    /// - Throws: ``SettingsError`` where a file cannot be used; then all stays as it was.
    func reload(_ server: HTTPServer) throws(SettingsError) {
        let keys = try KeyRing(settings).load()
        if let context = try Self.context(settings) { server.replaceTLS(with: context) }
        access.replaceKeys(keys)
    }

    private static func context(_ settings: ServeSettings) throws(SettingsError) -> TLSContext? {
        guard !settings.tlsIdentities.isEmpty else { return nil }
        do throws(TLSError) {
            return try .server(settings.tlsIdentities, clientAuthority: settings.tlsClientAuthority)
        } catch {
            throw SettingsError(error.description)
        }
    }
}
