import ArgumentParser
import Foundation
import HTTPClient
import TLS

/// `ponder health`: whether a server lives, or is ready, told by the exit status.
struct HealthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Ask a server whether it lives, or is ready.",
        discussion: """
            Exits with status 0 if it is, and otherwise with 1 and a line that says why. Without --url it asks the server that
            'ponder serve' is by the same environment and the same --config, on this machine, whatever its certificate
            says. For health checks of containers and for scripts.

            EXAMPLES:
              ponder health
              ponder health --ready --config /etc/ponder/ponder.yaml
              ponder health --url https://llm.example
              ponder health --url unix:/run/ponder/ponder.sock
            """
    )

    @Flag(help: "Ask whether requests for a model are answered, not only whether the server lives.")
    var ready = false

    @Option(help: ArgumentHelp("Where the server is. (default: where its settings say)", valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("The server's file of settings. (default: PONDER_CONFIG)", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("A key to send with --ready. (default: the server's own)", valueName: "key"))
    var apiKey: String?

    @OptionGroup var trust: TrustOptions

    @Option(help: ArgumentHelp("How long to wait for the answer.", valueName: "seconds"))
    var timeout = 3

    func run() throws {
        let timeout = Duration.seconds(try WholeNumber.checked(timeout, "--timeout", in: 1...600))
        let settings = try SettingsLoader(
            flags: [:], config: config, environment: ProcessInfo.processInfo.environment
        ).load()
        let target = try url.map { HealthTarget(server: try ServerURL($0), settings) } ?? HealthTarget(settings)
        let server = target.server
        // Health is told without a key, and what need not be sent is not.
        let key = ready ? apiKey ?? target.apiKey : nil
        let connection = ClientConnection(to: server, apiKey: key, tls: try context(for: server), timeout: timeout)
        let response = try connection.send("GET", ready ? "/ready" : "/health")
        guard response.status == 200 else {
            throw ServerReplyReader.failure(response.status, try connection.collectBody(), of: server)
        }
        print("\(server) is \(ready ? "ready" : "alive")")
    }

    /// A server on this machine seldom has a certificate for the name by which it is asked here.
    private func context(for server: ServerURL) throws -> TLSContext? {
        if url == nil, server.isSecure, trust.tlsAuthority == nil { return try .client(isUnverified: true) }
        return try trust.context(for: server)
    }
}
