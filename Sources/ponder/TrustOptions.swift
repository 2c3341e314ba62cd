import ArgumentParser
import HTTPClient
import TLS

/// Whom a command believes that talks to a server by `https://`.
struct TrustOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Certificates to trust for an https URL, a PEM file. (default: those that the system trusts)",
            valueName: "file"))
    var tlsAuthority: String?

    @Flag(help: "Take any certificate for an https URL: whoever sits in between can then read and answer everything.")
    var insecure = false

    /// What connections to any server by TLS share; nil trusts as the system does.
    ///
    /// - Throws: Where the file is none of certificates, or both options say something.
    func context() throws -> TLSContext? {
        try check()
        return insecure || tlsAuthority != nil ? try .client(authority: tlsAuthority, isUnverified: insecure) : nil
    }

    /// What connections to the server share; nil where it speaks no TLS.
    ///
    /// - Throws: Where the file is none of certificates, or both options say something.
    func context(for server: ServerURL) throws -> TLSContext? {
        try check()
        return server.isSecure ? try .client(authority: tlsAuthority, isUnverified: insecure) : nil
    }

    private func check() throws {
        guard !insecure || tlsAuthority == nil else {
            throw ValidationError("--insecure believes everybody; with --tls-authority it makes no sense.")
        }
    }
}
