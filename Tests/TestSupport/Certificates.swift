import Foundation

/// Certificates for tests, made once a process in a folder of their own by the program `openssl`.
public struct Certificates: Sendable {
    public static let shared = Result { try Certificates() }

    private let folder: URL

    /// The authority that signed `server` and `client`.
    public var authority: String { path("authority.pem") }
    /// The certificate of `localhost`, `127.0.0.1` and `::1`, and its key.
    public var server: (certificate: String, key: String) { (path("server.pem"), path("server.key")) }
    /// Another certificate of the same names, with a key of another kind: RSA.
    public var successor: (certificate: String, key: String) { (path("successor.pem"), path("successor.key")) }
    /// A client's.
    public var client: (certificate: String, key: String) { (path("client.pem"), path("client.key")) }
    /// One that signed itself, of the same names.
    public var stranger: (certificate: String, key: String) { (path("stranger.pem"), path("stranger.key")) }
    /// The server's key behind a passphrase.
    public var encryptedKey: String { path("encrypted.key") }
    /// A file that is none of all this.
    public var text: String { path("text.pem") }

    private init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "ponder-certificates-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data("no certificate\n".utf8).write(to: folder.appending(path: "text.pem"))
        try issue("authority", by: nil, kind: Self.elliptic, ["-subj", "/CN=test authority"])
        let names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"]
        try issue("server", by: "authority", kind: Self.elliptic, names)
        try issue("successor", by: "authority", kind: ["rsa:2048"], names)
        try issue("client", by: "authority", kind: Self.elliptic, ["-subj", "/CN=client"])
        try issue("stranger", by: nil, kind: Self.elliptic, names)
        try run(["ec", "-in", "server.key", "-aes128", "-passout", "pass:secret", "-out", "encrypted.key"])
    }

    private static let elliptic = ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]

    private func issue(_ name: String, by authority: String?, kind: [String], _ subject: [String]) throws {
        var signer: [String] = []
        if let authority { signer = ["-CA", "\(authority).pem", "-CAkey", "\(authority).key"] }
        try run(
            ["req", "-x509", "-nodes", "-days", "2", "-newkey"] + kind
                + ["-keyout", "\(name).key", "-out", "\(name).pem"] + signer + subject)
    }

    private func run(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = folder
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
    }

    private func path(_ name: String) -> String { folder.appending(path: name).path }
}
