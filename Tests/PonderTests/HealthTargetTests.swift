import HTTPClient
import TLS
import Testing

@testable import ponder

@Suite struct HealthTargetTests {
    private func target(_ environment: [String: String]) throws -> HealthTarget {
        try HealthTarget(SettingsLoader(flags: [:], config: nil, environment: environment).load())
    }

    @Test(arguments: [
        ([:], "http://127.0.0.1:8000"),
        (["PONDER_HOST": "0.0.0.0", "PONDER_PORT": "9000"], "http://127.0.0.1:9000"),
        (["PONDER_HOST": "::"], "http://[::1]:8000"),
        (["PONDER_HOST": "[fe80::1]:81"], "http://[fe80::1]:81"),
        (["PONDER_HOST": "llm.example", "PONDER_TLS_CERTIFICATE": "chain.pem"], "https://llm.example:8000"),
        (["PONDER_HOST": "0.0.0.0,unix:/run/ponder", "PONDER_TLS_CERTIFICATE": "chain.pem"], "unix:/run/ponder"),
        (["PONDER_PORT": "tcp://10.0.0.7:80"], "http://127.0.0.1:8000"),
    ])
    func `a server is asked where its settings have it listen`(environment: [String: String], url: String) throws {
        #expect(try target(environment).server == ServerURL(url))
    }

    @Test func `one of the server's keys is known`() throws {
        #expect(try target([:]).apiKey == nil)
        #expect(try target(["PONDER_API_KEY": "first,second"]).apiKey == "first")
    }

    @Test(arguments: [
        ["PONDER_PORT": "0"], ["PONDER_TLS_CERTIFICATE": "chain.pem", "PONDER_TLS_CLIENT_AUTHORITY": "clients.pem"],
    ])
    func `a server that cannot be asked from its settings alone is an error`(environment: [String: String]) {
        #expect(throws: SettingsError.self) { try target(environment) }
    }
}
