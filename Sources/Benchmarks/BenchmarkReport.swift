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
        case .table: table.text + notes
        case .markdown: table.markdown + notes
        case .json: JSONValue.array(rows.map { .object(record($0)) }).serialized(.indented(by: 2)) + "\n"
        case .csv: TextTable.csv(rows.map { record($0) })
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
            Decimals.text(rates.median, 1), Decimals.text(rates.lowest, 1), Decimals.text(rates.highest, 1),
            Decimals.text(result.readRate / 1e9, 1), Self.percent(result.readShare),
            Decimals.text(result.operationRate / 1e12, 3), Self.percent(result.operationShare),
        ]
    }

    private var table: TextTable { TextTable(Self.heading, rows.map(cells), leftColumns: [0, 4]) }

    /// Whose kernels were used.
    private var instructionSet: InstructionSet { CPUFeatures.limited(to: options.instructionSet).instructionSet }

    /// What the columns mean, and what they are measured against.
    private var notes: String {
        guard let limits = rows.last?.result else { return "" }
        let reading = Decimals.text(limits.readLimit / 1e9, 1)
        let peak = Decimals.text(limits.operationLimit / 1e12, 3)
        let unsteady = rows.contains { !$0.result.isSteady }
        return """

            Medians of \(options.repetitions) runs with the kernels for \(instructionSet). The machine, probed beside the last test: \(reading) GB/s read, \
            \(peak) TOPS.

            """ + (unsteady ? "* The machine changed its pace during this test: its shares say little.\n" : "")
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
            "instruction_set": .string("\(instructionSet)"),
            "activation_type": .string("\(options.activations)"),
            "kv_cache_type": .string("\(options.cacheFormat)"), "max_batch_tokens": .number(options.stepTokenBudget),
            "test": .string(result.benchmarkCase.name), "prompt_tokens": .number(promptCount),
            "generated_tokens": .number(generatedCount), "depth": .number(result.benchmarkCase.depth),
            "batch": .number(result.benchmarkCase.batch), "repetitions": .number(result.seconds.count),
            "tokens_per_second": Decimals.json(rates.median), "tokens_per_second_lowest": Decimals.json(rates.lowest),
            "tokens_per_second_highest": Decimals.json(rates.highest),
            "read_bytes_per_second": Decimals.json(result.readRate),
            "read_bytes_per_second_limit": Decimals.json(result.readLimit),
            "operations_per_second": Decimals.json(result.operationRate),
            "operations_per_second_limit": Decimals.json(result.operationLimit),
            "operations": .string(result.arithmetic.rawValue), "is_steady": .bool(result.isSteady),
        ]
    }

    private static func percent(_ share: Double) -> String {
        share.isFinite ? Decimals.text(share * 100, 0) + " %" : "-"
    }
}
