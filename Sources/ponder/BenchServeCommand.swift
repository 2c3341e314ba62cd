import ArgumentParser
import Benchmarks
import Foundation
import HTTPClient
import JSON
import TLS

/// `ponder bench serve`: what the users of a server feel, with one client and with many.
struct BenchServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Measure an OpenAI-compatible server with several clients at once.",
        discussion: """
            Each client sends streamed chats with random words, one after another. Tokens are counted by the server's own \
            usage, times as the client sees them.

            EXAMPLES:
              ponder bench serve
              ponder bench serve --url http://127.0.0.1:8080 --model qwen3 --clients 1,4,8,16 --plot load.svg
              ponder bench serve --members '{"enable_thinking": false}' --format json
            """
    )

    @Option(help: ArgumentHelp("Where the server is.", valueName: "url"))
    var url = "http://127.0.0.1:8000"

    @Option(help: ArgumentHelp("The model's name for the server. (default: the first of its list)", valueName: "name"))
    var model: String?

    @Option(help: ArgumentHelp("A key to send. (default: PONDER_API_KEY or OPENAI_API_KEY)", valueName: "key"))
    var apiKey: String?

    @OptionGroup var trust: TrustOptions

    @Flag(help: "Send raw text to /v1/completions instead of chats.")
    var completions = false

    @Option(help: ArgumentHelp("Numbers of clients, measured one after another.", valueName: "count,…"))
    var clients = NumberList([1, 4, 8, 16])

    @Option(help: ArgumentHelp("Chats of each client.", valueName: "count"))
    var chats = 2

    @Option(help: ArgumentHelp("Random words of a prompt.", valueName: "count"))
    var promptWords = 200

    @Option(help: ArgumentHelp("Words that all prompts begin with.", valueName: "count"))
    var sharedWords = 0

    @Option(help: ArgumentHelp("The most tokens of a reply.", valueName: "tokens"))
    var maxTokens = 64

    @Option(help: ArgumentHelp("Another number makes other prompts.", valueName: "number"))
    var seed = 1

    @Option(help: ArgumentHelp("Further members of every request, a JSON object.", valueName: "json"))
    var members = #"{"ignore_eos": true}"#

    @Option(help: ArgumentHelp("table, markdown, json or csv.", valueName: "form"))
    var format = "table"

    @Option(help: ArgumentHelp("Also draw the results into this SVG file.", valueName: "file"))
    var plot: String?

    func run() throws {
        guard let format = BenchmarkReport.Format(rawValue: format) else {
            throw SettingsError(place: "--format", value: format, expectation: "table, markdown, json or csv")
        }
        let plan = try plan()
        let test = LoadTest(plan)
        var report = LoadReport(plan: plan)
        let bar = ProgressBar()
        for count in plan.clientCounts {
            let total = count * plan.chatsPerClient
            bar.show("\(count) clients", done: 0, of: total)
            report.add(test.run(clientCount: count) { bar.show("\(count) clients", done: $0, of: total) })
        }
        bar.clear()
        print(report.text(format), terminator: "")
        if let plot {
            do {
                try Data(report.plot.utf8).write(to: URL(fileURLWithPath: plot))
            } catch {
                throw SettingsError("\(plot): the drawing cannot be written")
            }
        }
    }

    private func plan() throws -> LoadPlan {
        let server = try ServerURL(url)
        let environment = ProcessInfo.processInfo.environment
        let key = apiKey ?? environment["PONDER_API_KEY"] ?? environment["OPENAI_API_KEY"]
        let tls = try trust.context(for: server)
        var plan = LoadPlan(
            server: server, model: try model ?? Self.firstModel(of: server, apiKey: key, tls: tls))
        plan.apiKey = key
        plan.tls = tls
        plan.endpoint = completions ? .completions : .chat
        plan.clientCounts = try clients.checked("--clients", in: 1...1_024)
        plan.chatsPerClient = try WholeNumber.checked(chats, "--chats", in: 1...100_000)
        plan.promptWordCount = try WholeNumber.checked(promptWords, "--prompt-words", in: 1...1_000_000)
        plan.sharedWordCount = try WholeNumber.checked(sharedWords, "--shared-words", in: 0...1_000_000)
        plan.maximumTokens = try WholeNumber.checked(maxTokens, "--max-tokens", in: 1...1_000_000)
        plan.seed = UInt64(try WholeNumber.checked(seed, "--seed", in: 0...Int(Int32.max)))
        guard let object = try? JSONValue(parsing: members).objectValue else {
            throw SettingsError(place: "--members", value: members, expectation: "a JSON object")
        }
        plan.members = object
        return plan
    }

    private static func firstModel(of server: ServerURL, apiKey: String?, tls: TLSContext?) throws -> String {
        let connection = ClientConnection(to: server, apiKey: apiKey, tls: tls, timeout: .seconds(30))
        let response = try connection.send("GET", "/v1/models")
        let body = try connection.collectBody()
        guard response.status == 200, let name = try? JSONValue(parsing: body)["data"]?[0]?["id"]?.stringValue else {
            throw ClientError("\(server): no list of models (status \(response.status)); name one with --model")
        }
        return name
    }
}
