internal import Compute
internal import JSON
public import Models

/// The results of `ponder bench`, model by model, and the forms in which they are printed.
public struct BenchmarkReport: Sendable {
    public enum Format: String, CaseIterable, Sendable {
        case table, markdown, json, csv
    }

    private struct Row: Sendable {
        var plan: MemoryPlan
        var result: BenchmarkResult
    }

    private let options: BenchmarkOptions
    private var rows: [Row] = []

    public init(options: BenchmarkOptions) {
        self.options = options
    }

    public mutating func add(_ result: BenchmarkResult, of plan: MemoryPlan) {
        rows.append(Row(plan: plan, result: result))
    }

    public func text(_ format: Format) -> String {
        switch format {
        case .table: table { $0.joined(separator: "  ") } + notes
        case .markdown: markdown + notes
        case .json: JSONValue.array(rows.map { .object(record($0)) }).serialized(.indented(by: 2)) + "\n"
        case .csv: csv
        }
    }
}

extension BenchmarkReport {
    private static let heading = [
        "model", "size", "params", "threads", "test", "tokens/s", "slowest", "fastest", "GB/s", "of memory", "TOPS",
        "of peak",
    ]

    private func cells(_ row: Row) -> [String] {
        let (result, rates) = (row.result, row.result.tokensPerSecond)
        return [
            row.plan.name, MemoryPlan.size(row.plan.weightByteCount), MemoryPlan.short(row.plan.parameterCount),
            "\(options.threadCount)", result.benchmarkCase.name + (result.isSteady ? "" : " *"),
            Self.decimal(rates.median, 1), Self.decimal(rates.lowest, 1), Self.decimal(rates.highest, 1),
            Self.decimal(result.readRate / 1e9, 1), Self.percent(result.readShare),
            Self.decimal(result.operationRate / 1e12, 3), Self.percent(result.operationShare),
        ]
    }

    private func table(_ join: ([String]) -> String) -> String {
        let lines = [Self.heading] + rows.map(cells)
        let widths = Self.heading.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            join(
                line.enumerated().map { column, cell in
                    let space = String(repeating: " ", count: widths[column] - cell.count)
                    return column == 0 || column == 4 ? cell + space : space + cell
                }) + "\n"
        }.joined()
    }

    private var markdown: String {
        var lines = table { "| " + $0.joined(separator: " | ") + " |" }.split(separator: "\n").map(String.init)
        let rule = Self.heading.indices.map { $0 == 0 || $0 == 4 ? "---" : "---:" }.joined(separator: "|")
        lines.insert("|\(rule)|", at: 1)
        return lines.joined(separator: "\n") + "\n"
    }

    /// What the columns mean, and what they are measured against.
    private var notes: String {
        guard let limits = rows.last?.result else { return "" }
        let reading = Self.decimal(limits.readLimit / 1e9, 1)
        let peak = Self.decimal(limits.operationLimit / 1e12, 3)
        let unsteady = rows.contains { !$0.result.isSteady }
        return """

            Medians of \(options.repetitions) runs. The machine, probed beside the last test: \(reading) GB/s read, \
            \(peak) TOPS.

            """ + (unsteady ? "* The machine changed its pace during this test: its shares say little.\n" : "")
    }

    private var csv: String {
        let records = rows.map { record($0) }
        guard let keys = records.first?.keys else { return "" }
        let lines = [Array(keys)] + records.map { record in keys.map { Self.field(record[$0]) } }
        return lines.map { $0.joined(separator: ",") + "\n" }.joined()
    }

    private static func field(_ value: JSONValue?) -> String {
        guard let text = value?.stringValue else { return value?.serialized() ?? "" }
        let quotes = text.contains { ",\"\n".contains($0) }
        return quotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
    }

    private func record(_ row: Row) -> JSONObject {
        let (result, rates) = (row.result, row.result.tokensPerSecond)
        var (promptCount, generatedCount) = (0, 0)
        switch result.benchmarkCase.work {
        case .prompt(let count): promptCount = count
        case .generate(let count): generatedCount = count
        }
        return [
            "model": .string(row.plan.name), "architecture": .string(row.plan.architecture),
            "weight_bytes": .number(row.plan.weightByteCount), "parameters": .number(row.plan.parameterCount),
            "threads": .number(options.threadCount),
            "instruction_set": .string("\(min(options.instructionSet, CPUFeatures.current.instructionSet))"),
            "kv_cache_type": .string("\(options.cacheFormat)"), "max_batch_tokens": .number(options.stepTokenBudget),
            "test": .string(result.benchmarkCase.name), "prompt_tokens": .number(promptCount),
            "generated_tokens": .number(generatedCount), "depth": .number(result.benchmarkCase.depth),
            "batch": .number(result.benchmarkCase.batch), "repetitions": .number(result.seconds.count),
            "tokens_per_second": Self.rounded(rates.median), "tokens_per_second_lowest": Self.rounded(rates.lowest),
            "tokens_per_second_highest": Self.rounded(rates.highest),
            "read_bytes_per_second": Self.rounded(result.readRate),
            "read_bytes_per_second_limit": Self.rounded(result.readLimit),
            "operations_per_second": Self.rounded(result.operationRate),
            "operations_per_second_limit": Self.rounded(result.operationLimit),
            "operations": .string(result.countsIntegers ? "int8" : "f32"), "is_steady": .bool(result.isSteady),
        ]
    }

    private static func rounded(_ value: Double) -> JSONValue {
        value.isFinite ? .number((value * 1000).rounded() / 1000) : .null
    }

    private static func percent(_ share: Double) -> String {
        share.isFinite ? decimal(share * 100, 0) + " %" : "-"
    }

    /// A number with so many digits behind the point.
    private static func decimal(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "-" }
        let scale = (0..<digits).reduce(1) { product, _ in product * 10 }
        let scaled = Int((abs(value) * Double(scale)).rounded())
        let whole = (value < 0 ? "-" : "") + String(scaled / scale)
        guard digits > 0 else { return whole }
        let fraction = String(scaled % scale)
        return whole + "." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
