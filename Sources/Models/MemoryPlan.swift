public import Compute

/// What a model needs before any of it is read: parameters, bytes by what they are for, and the cache's appetite.
public struct MemoryPlan: Hashable, Sendable, CustomStringConvertible {
    /// The weights of one class.
    public struct Line: Hashable, Sendable {
        public var weightClass: WeightClass
        public var parameterCount: Int
        /// In the files.
        public var byteCount: Int
        /// In memory, repacked: the same or a little more.
        public var residentByteCount: Int
        /// The formats that they are stored in, such as `Q4_K`, or `BF16 as Q4_K` where they become another.
        public var formats: [String]
    }

    /// The checkpoint's name.
    public var name: String
    /// Such as `Qwen3 mixture of experts (128 experts, 8 per token)`.
    public var architecture: String
    /// How another program has quantised the matrices, such as `AWQ, 4 bits in groups of 128 columns`; nil where the tensors'
    /// formats tell all.
    public var storedQuantization: String?
    public var shape: ModelShape
    /// In the order of the computation; classes that the model lacks are left out.
    public var lines: [Line]
    /// The format that most bytes of the weights are computed with, such as `Q4_K`.
    public var mainFormat: String
    /// All parameters; a head that is the embedding counts once.
    public var parameterCount: Int
    /// Parameters that one token's forward pass reads: all but the experts that it does not visit.
    public var activeParameterCount: Int
    /// Experts of all layers together; 0 for a dense model.
    public var expertCount: Int
    /// What each row of a forward pass works in; its logits come on top.
    public var scratchByteCountPerRow: Int
    /// The rotary frequencies of all context windows.
    public var rotaryByteCount: Int

    /// The bytes of all weights in the files.
    public var weightByteCount: Int { lines.reduce(0) { $0 + $1.byteCount } }

    /// The bytes of all weights in memory.
    public var residentByteCount: Int { lines.reduce(0) { $0 + $1.residentByteCount } }

    /// The bytes that one position takes in a cache of this format.
    public func cacheByteCountPerToken(_ format: KVCacheFormat) -> Int {
        KVCacheStorage.blockByteCount(shape: shape, blockLength: KVLayout.blockLength, format: format)
            / KVLayout.blockLength
    }

    /// An aligned table of a few lines, for a terminal.
    public var description: String {
        let head =
            [
                ("model", name),
                ("architecture", architecture),
            ] + (storedQuantization.map { [("quantisation", $0)] } ?? []) + [
                ("layers", "\(shape.layerCount)"),
                ("hidden size", "\(shape.hiddenSize)"),
                (
                    "heads",
                    "\(shape.headCount) query, \(shape.keyValueHeadCount) key/value, of \(shape.headDimension) dimensions"
                ),
                ("vocabulary", MemoryPlan.grouped(shape.vocabularySize)),
                ("context", "\(MemoryPlan.grouped(shape.contextLength)) tokens"),
                ("parameters", "\(MemoryPlan.grouped(parameterCount)) (\(MemoryPlan.short(parameterCount)))"),
                (
                    "active per token",
                    "\(MemoryPlan.grouped(activeParameterCount)) (\(MemoryPlan.short(activeParameterCount)))"
                ),
            ]
        let cache = KVCacheFormat.allCases.map { format in
            let bytes = cacheByteCountPerToken(format)
            let whole = MemoryPlan.size(bytes * shape.contextLength)
            return ("KV cache, \(format)", "\(MemoryPlan.size(bytes)) a token, \(whole) for the whole context")
        }
        return [MemoryPlan.pairs(head), weightTable, MemoryPlan.pairs(cache)].joined(separator: "\n\n")
    }

    private var weightTable: String {
        let rows = lines.map { line in
            [
                line.weightClass.rawValue, MemoryPlan.grouped(line.parameterCount), MemoryPlan.size(line.byteCount),
                line.formats.joined(separator: " "),
            ]
        }
        let total = ["total", MemoryPlan.grouped(parameterCount), MemoryPlan.size(weightByteCount), ""]
        let table = [["weights", "parameters", "bytes", "format"]] + rows + [total]
        let widths = (0..<4).map { column in table.map { $0[column].count }.max() ?? 0 }
        return table.map { cells in
            let padded = cells.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 1 || column == 2 ? space + cell : cell + space
            }
            return MemoryPlan.trimmed(padded.joined(separator: "  "))
        }.joined(separator: "\n")
    }

    private static func pairs(_ pairs: [(String, String)]) -> String {
        let width = pairs.map(\.0.count).max() ?? 0
        return pairs.map { label, value in
            label + String(repeating: " ", count: width - label.count + 2) + value
        }.joined(separator: "\n")
    }

    private static func trimmed(_ line: String) -> String {
        var line = line
        while line.last == " " { line.removeLast() }
        return line
    }
}

extension MemoryPlan {
    /// A number in groups of three digits.
    package static func grouped(_ number: Int) -> String {
        let digits = String(number)
        var out = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { out.append(",") }
            out.append(digit)
        }
        return out
    }

    /// A number of parameters such as `30.5 B`.
    package static func short(_ number: Int) -> String {
        let units = [(1_000_000_000, "B"), (1_000_000, "M"), (1_000, "K")]
        for (unit, name) in units where number >= unit {
            return "\(tenths(number, unit)) \(name)"
        }
        return "\(number)"
    }

    /// A number of bytes such as `18.6 GiB`.
    package static func size(_ byteCount: Int) -> String {
        let units = [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
        for (unit, name) in units where byteCount >= unit {
            return "\(tenths(byteCount, unit)) \(name)"
        }
        return "\(byteCount) B"
    }

    /// A number of bytes such as `18,432.0 MiB`.
    package static func mebibytes(_ byteCount: Int) -> String {
        let tenths = Int((Double(byteCount) / Double(1 << 20) * 10).rounded())
        return "\(grouped(tenths / 10)).\(tenths % 10) MiB"
    }

    private static func tenths(_ number: Int, _ unit: Int) -> String {
        let tenths = (Double(number) / Double(unit) * 10).rounded()
        return "\(Int(tenths) / 10).\(Int(tenths) % 10)"
    }
}
