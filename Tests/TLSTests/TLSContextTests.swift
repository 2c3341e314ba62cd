import TestSupport
import Testing

@testable import TLS

@Suite struct TLSContextTests {
    private let files: Certificates

    init() throws {
        files = try Certificates.shared.get()
    }

    private func complaint(
        _ certificate: String, _ key: String, clientAuthority: String? = nil, identityCount count: Int = 1
    ) -> String {
        do {
            let identities = [files.server, TLSIdentity(certificate: certificate, key: key)]
            _ = try TLSContext.server(Array(identities.suffix(count)), clientAuthority: clientAuthority)
            return ""
        } catch {
            return error.description
        }
    }

    @Test func `a certificate and its key make a context`() {
        #expect(complaint(files.server.certificate, files.server.key, clientAuthority: files.authority) == "")
        #expect(complaint(files.successor.certificate, files.successor.key) == "")
    }

    @Test func `what is of no use is told in one line that names its file`() {
        let (certificate, key) = (files.server.certificate, files.server.key)
        let cases: [(line: String, file: String, reason: String)] = [
            (complaint("/no/such.pem", key), "/no/such.pem", "No such file"),
            (complaint(files.text, key), files.text, "no start line"),
            (complaint(key, key), key, "no start line"),
            (complaint(files.text, key, identityCount: 2), files.text, "no start line"),
            (complaint(certificate, "/no/such.key"), "/no/such.key", "No such file"),
            (complaint(certificate, files.text), files.text, "unsupported"),
            (complaint(certificate, files.client.key), files.client.key, "no key of the certificate in"),
            (complaint(certificate, files.successor.key), files.successor.key, "no key of the certificate in"),
            (complaint(certificate, files.encryptedKey), files.encryptedKey, "without a passphrase"),
            (complaint(certificate, key, clientAuthority: files.text), files.text, "no certificate"),
            (complaint(certificate, key, clientAuthority: "/no/such"), "/no/such", "No such file"),
        ]
        for found in cases {
            #expect(found.line.hasPrefix("\(found.file): no "), "\(found)")
            #expect(found.line.contains(found.reason), "\(found)")
            #expect(!found.line.contains("\n"))
        }
    }

    @Test func `a client trusts the system's certificates, a file's, or everybody`() throws {
        _ = try TLSContext.client()
        _ = try TLSContext.client(authority: files.authority)
        _ = try TLSContext.client(isUnverified: true)
        #expect(throws: TLSError.self) { try TLSContext.client(authority: files.text) }
    }
}
