import Foundation
public import TLS

/// Certificates for tests, made once a process in a folder of their own by the program `openssl`.
public struct Certificates: Sendable {
    public static let shared = Result { try Certificates() }

    private let folder: URL

    /// The authority that signed `server` and `client`.
    public var authority: String { path("authority.pem") }
    /// The certificate of `localhost`, `127.0.0.1` and `::1`, and its key.
    public var server: TLSIdentity { identity("server") }
    /// Another certificate of the same names, with a key of another kind: RSA.
    public var successor: TLSIdentity { identity("successor") }
    /// A client's.
    public var client: TLSIdentity { identity("client") }
    /// One that signed itself, of the same names.
    public var stranger: TLSIdentity { identity("stranger") }
    /// One of `one.models.example`.
    public var one: TLSIdentity { identity("one") }
    /// One of all names in `models.example`, which signed itself.
    public var domain: TLSIdentity { identity("domain") }
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
        try issue(
            "one", by: "authority", kind: Self.elliptic,
            ["-addext", "subjectAltName=DNS:one.models.example", "-subj", "/CN=1"])
        try issue(
            "domain", by: nil, kind: Self.elliptic,
            ["-addext", "subjectAltName=DNS:*.models.example", "-subj", "/CN=2"])
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

    private func identity(_ name: String) -> TLSIdentity {
        TLSIdentity(certificate: path("\(name).pem"), key: path("\(name).key"))
    }

    private func path(_ name: String) -> String { folder.appending(path: name).path }
}
