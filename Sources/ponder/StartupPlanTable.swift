import Engine
import Models
import Serving

extension StartupPlan: CustomStringConvertible {
    /// The table of `ponder serve --dry-run`: everything in MiB, so that it can be added up and compared.
    var description: String {
        let weights = model.lines.map { line in
            (line.weightClass.rawValue, line.residentByteCount, line.formats.joined(separator: " "))
        }
        let guesses = draft.map { [("draft model", $0.residentByteCount, $0.name)] } ?? []
        let place = options.tileCache.map { "in \($0.folder), dropped from memory where it is short" } ?? ""
        let cached = "\(MemoryPlan.grouped(memory.cachedTokenCount)) tokens of \(options.cacheFormat), as it fills"
        let rows = "steps of \(MemoryPlan.grouped(memory.stepTokenCount)) tokens"
        let sums = [
            ("weights", residentWeightByteCount, place),
            ("scratch", memory.scratchByteCount + memory.logitByteCount, rows),
            ("program", programByteCount, "tokenizer and all else"),
            (
                "total at start", startByteCount,
                "resident after a first chat of some \(Self.firstChatTokenCount) tokens"
            ),
            ("KV cache", memory.cacheByteCount, cached),
            ("logits", memory.mostLogitByteCount - memory.logitByteCount, "as more replies run together"),
            ("total at most", neededByteCount, mapsWeights ? "without the weights" : ""),
        ]
        let available = availableMemory.map { bytes in
            ("available", bytes, settings.memoryLimit == nil ? "free now" : "memory-limit")
        }
        let head = [
            "\(name): \(model.architecture)",
            "context of \(MemoryPlan.grouped(memory.contextLength)) tokens, \(options.threadCount) threads",
        ]
        let words = head + [quantizing, stretching].compactMap(\.self) + contextNotices
        return (words + [""] + Self.lines(weights + guesses + sums + (available.map { [$0] } ?? []))).joined(
            separator: "\n")
    }

    /// What becomes of float weights, and where that is kept.
    private var quantizing: String? {
        guard options.quantization.quantizesFloats else { return nil }
        let words = "float weights become \(options.quantization.rawValue) as they are read"
        if options.tileCache != nil { return "\(words), into the tile cache" }
        return options.quantizedCache.map { "\(words), and are kept in \($0.folder)" } ?? words
    }

    private static func lines(_ rows: [(label: String, byteCount: Int, note: String)]) -> [String] {
        let numbers = rows.map { MemoryPlan.mebibytes($0.byteCount) }
        let labelWidth = rows.map(\.label.count).max() ?? 0
        let numberWidth = numbers.map(\.count).max() ?? 0
        return zip(rows, numbers).map { row, number in
            let label = row.label + String(repeating: " ", count: labelWidth - row.label.count)
            let size = String(repeating: " ", count: numberWidth - number.count) + number
            return row.note.isEmpty ? "\(label)  \(size)" : "\(label)  \(size)  \(row.note)"
        }
    }
}
