import Foundation
import JSON
import TestSupport
import Testing

/// What another implementation computed for a checkpoint: `ref/ref.json`, or `ref/gguf.json` for a quantised file.
struct ModelReference {
    struct Prompt {
        let name: String
        let ids: [Int]
        /// The rows that the file of logits holds.
        let positions: [Int]
        /// `[positions × vocabulary]`.
        let logits: [Float]
        let tolerance: Float
        let greedyIDs: [Int]
        let entry: JSONValue

        /// The stored logits of the i-th stored position.
        func row(_ index: Int) -> ArraySlice<Float> {
            let width = logits.count / positions.count
            return logits[index * width..<(index + 1) * width]
        }
    }

    let folder: String
    let document: JSONValue

    init(_ model: String) throws {
        folder = "models/\(model)/ref"
        document = try JSONValue(parsing: Fixtures.bytes("\(folder)/ref.json"))
    }

    var prompts: [Prompt] {
        get throws { try (document["prompts"]?.arrayValue ?? []).map { try prompt($0, ids: $0["ids"]) } }
    }

    /// What the checkpoint gives with other factors of YaRN than its own.
    var factors: [(factor: Double, prompt: Prompt)] {
        get throws {
            let file = try JSONValue(parsing: Fixtures.bytes("\(folder)/factors.json"))
            return try (file["prompts"]?.arrayValue ?? []).map { entry in
                (try #require(entry["factor"]?.doubleValue), try prompt(entry, ids: entry["ids"]))
            }
        }
    }

    /// The prompts of a quantised file, whose ids may stand in ref.json.
    func prompts(ofType type: String) throws -> [Prompt] {
        let file = try JSONValue(parsing: Fixtures.bytes("\(folder)/gguf.json"))
        return try (file[type]?["prompts"]?.arrayValue ?? []).map { entry in
            let plain = document["prompts"]?.arrayValue?.first { $0["name"] == entry["name"] }
            return try prompt(entry, ids: entry["ids"] ?? plain?["ids"])
        }
    }

    /// How far llama.cpp is from a quantised file's reference.
    func llamaDeviation(ofType type: String, _ prompt: Prompt) throws -> (largest: Float, divergence: Double) {
        let file = try JSONValue(parsing: Fixtures.bytes("\(folder)/gguf.json"))
        let entry = try #require(prompt.entry["llama_cpp"] ?? file[type]?["llama_cpp"]?[prompt.name])
        return (
            Float(try #require(entry["max_abs"]?.doubleValue)), try #require(entry["mean_kl"]?.doubleValue)
        )
    }

    /// Floats that an entry's `file` names.
    func floats(_ entry: JSONValue?) throws -> [Float] {
        try Fixtures.floats("\(folder)/\(try #require(entry?["file"]?.stringValue))")
    }

    private func prompt(_ entry: JSONValue, ids: JSONValue?) throws -> Prompt {
        Prompt(
            name: try #require(entry["name"]?.stringValue),
            ids: (ids?.arrayValue ?? []).compactMap(\.intValue),
            positions: (entry["logits"]?["positions"]?.arrayValue ?? []).compactMap(\.intValue),
            logits: try floats(entry["logits"]),
            tolerance: Float(entry["suggested_atol_f32"]?.doubleValue ?? 0),
            greedyIDs: (entry["greedy_ids"]?.arrayValue ?? []).compactMap(\.intValue),
            entry: entry
        )
    }
}
