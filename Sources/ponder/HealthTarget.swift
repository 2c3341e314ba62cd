import HTTPClient

/// The server that `ponder serve` is by the same settings, seen from the same machine.
struct HealthTarget: Equatable {
    let server: ServerURL
    /// One of the keys that it asks for.
    let apiKey: String?

    /// A server that was named, with the keys of the settings.
    init(server: ServerURL, _ settings: ServeSettings) {
        self.server = server
        apiKey = settings.apiKeys.first
    }

    /// Prefers a Unix domain socket, which needs no certificate, to an address.
    ///
    /// - Throws: Where the settings do not tell how the server can be reached.
    init(_ settings: ServeSettings) throws {
        for case .unix(let path) in settings.hosts {
            self.init(server: try ServerURL("unix:\(path)"), settings)
            return
        }
        guard settings.tlsClientAuthority == nil else {
            throw SettingsError(
                "tls-client-authority: nobody is let in without a certificate; let host name a socket too")
        }
        guard case .host(let host, let ownPort)? = settings.hosts.first, let port = Self.port(ownPort, settings) else {
            throw SettingsError("port 0: the server's port is not known; name it by --url")
        }
        let scheme = settings.tlsIdentities.isEmpty ? "http" : "https"
        self.init(server: try ServerURL("\(scheme)://\(Self.reachable(host)):\(port)"), settings)
    }

    private static func port(_ ownPort: UInt16?, _ settings: ServeSettings) -> Int? {
        let port = ownPort.map(Int.init) ?? settings.port
        return port == 0 ? nil : port
    }

    /// Who listens everywhere is asked on the loopback interface.
    private static func reachable(_ host: String) -> String {
        switch host {
        case "0.0.0.0": "127.0.0.1"
        case "::": "[::1]"
        default: host.contains(":") ? "[\(host)]" : host
        }
    }
}
