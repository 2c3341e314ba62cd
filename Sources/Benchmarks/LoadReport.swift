internal import JSON

/// The results of `ponder bench serve`, and the forms in which they are printed.
public struct LoadReport: Sendable {
    private let plan: LoadPlan
    private var results: [LoadResult] = []

    public init(plan: LoadPlan) {
        self.plan = plan
    }

    public mutating func add(_ result: LoadResult) {
        results.append(result)
    }

    public func text(_ format: BenchmarkReport.Format) -> String {
        switch format {
        case .table: TextTable(Self.heading, results.map(Self.cells)).text + failures
        case .markdown: TextTable(Self.heading, results.map(Self.cells)).markdown + failures
        case .json: JSONValue.array(results.map { .object(record($0)) }).serialized(.indented(by: 2)) + "\n"
        case .csv: TextTable.csv(results.map { record($0) })
        }
    }

    /// A drawing of rates and latencies over the number of clients, as SVG.
    public var plot: String { LoadPlot(results).svg }

    private static let heading = [
        "clients", "chats", "failed", "tokens/s", "chats/s", "first token, s", "p50", "p95", "p99",
        "between tokens, ms",
        "p50", "p95", "p99",
    ]

    private static func cells(_ result: LoadResult) -> [String] {
        func seconds(_ value: Double) -> String { Decimals.text(value, 3) }
        func milliseconds(_ value: Double) -> String { Decimals.text(value * 1000, 2) }
        return [
            "\(result.clientCount)", "\(result.chatCount)", "\(result.failures.count)",
            Decimals.text(result.tokensPerSecond, 1), Decimals.text(result.chatsPerSecond, 2),
            seconds(result.firstToken.mean), seconds(result.firstToken.percentile(0.5)),
            seconds(result.firstToken.percentile(0.95)), seconds(result.firstToken.percentile(0.99)),
            milliseconds(result.betweenTokens.mean), milliseconds(result.betweenTokens.percentile(0.5)),
            milliseconds(result.betweenTokens.percentile(0.95)), milliseconds(result.betweenTokens.percentile(0.99)),
        ]
    }

    private var failures: String {
        let reasons = Set(results.flatMap(\.failures)).sorted()
        return reasons.prefix(5).map { "failed: \($0)\n" }.joined()
    }

    private func record(_ result: LoadResult) -> JSONObject {
        func latencies(_ name: String, _ values: Distribution) -> JSONObject {
            [
                "\(name)_mean": Decimals.json(values.mean), "\(name)_p50": Decimals.json(values.percentile(0.5)),
                "\(name)_p95": Decimals.json(values.percentile(0.95)),
                "\(name)_p99": Decimals.json(values.percentile(0.99)),
            ]
        }
        var record: JSONObject = [
            "server": .string("\(plan.server)"), "model": .string(plan.model), "clients": .number(result.clientCount),
            "chats": .number(result.chatCount), "failed": .number(result.failures.count),
            "prompt_words": .number(plan.promptWordCount), "shared_words": .number(plan.sharedWordCount),
            "max_tokens": .number(plan.maximumTokens), "seconds": Decimals.json(result.seconds),
            "prompt_tokens": .number(result.promptTokenCount), "tokens": .number(result.tokenCount),
            "tokens_per_second": Decimals.json(result.tokensPerSecond),
            "chats_per_second": Decimals.json(result.chatsPerSecond),
        ]
        for part in [
            latencies("first_token_seconds", result.firstToken),
            latencies("between_tokens_seconds", result.betweenTokens), latencies("total_seconds", result.total),
        ] {
            for (key, value) in part { record[key] = value }
        }
        return record
    }
}
