import Checkpoints
import Compute
import Foundation
import JSON
import TestSupport
import Testing

@testable import Models

/// Checkpoints of other programs' quantisers, beside what their published formulas give (Tests/Fixtures/quantized/generate.py).
@Suite struct EncodedCheckpointTests {
    static let names = [
        "gptq-4-bits", "gptq-8-bits", "gptq-v2-asymmetric", "gptq-reordered", "awq-mixture", "fp8-blocks",
        "fp8-mixture",
        "compressed-4-bits", "compressed-fp8",
    ]

    private struct Reference {
        let tokens: [Int]
        let rows: [(name: String, columns: Int)]
        let logits: [Float]
        let values: [Float]

        init(_ name: String) throws {
            let document = try JSONValue(parsing: Fixtures.bytes("quantized/\(name)/reference.json"))
            tokens = (document["tokens"]?.arrayValue ?? []).compactMap(\.intValue)
            rows = try (document["rows"]?.arrayValue ?? []).map {
                (try #require($0["name"]?.stringValue), try #require($0["columns"]?.intValue))
            }
            logits = try Fixtures.floats("quantized/\(name)/logits.f32.bin")
            values = try Fixtures.floats("quantized/\(name)/rows.f32.bin")
        }
    }

    private func sources(_ name: String, _ quantization: Quantization) throws -> [String: Qwen3WeightSource] {
        let checkpoint = try Checkpoint.open(Fixtures.path("quantized/\(name)"))
        let locator = Qwen3WeightLocator(
            checkpoint: checkpoint, configuration: try ModelLoader.configuration(of: checkpoint),
            quantization: quantization)
        let all = try locator.configuration.weights.flatMap { try locator.sources(of: $0) }
        let named = all.map { source in
            let name = source.record.name.replacing(".qweight", with: ".weight").replacing("_packed", with: "")
            return (name, source)
        }
        return Dictionary(named) { first, _ in first }
    }

    @Test(arguments: names) func weightsAreThoseOfTheReference(name: String) throws {
        let reference = try Reference(name)
        let sources = try sources(name, .automatic)
        var start = 0
        for (matrix, columns) in reference.rows {
            let weights = try #require(try sources[matrix]?.encodedWeights())
            for row in [0, 9, 31] {
                var values = [Float](repeating: 0, count: columns)
                weights.read(row..<row + 1, into: &values)
                #expect(values == Array(reference.values[start..<start + columns]), "\(matrix), row \(row)")
                start += columns
            }
        }
        #expect(start == reference.values.count)
    }

    private func logits(_ name: String, _ quantization: Quantization) throws -> [Float] {
        let checkpoint = try Checkpoint.open(Fixtures.path("quantized/\(name)"))
        let model = try ModelLoader.load(
            checkpoint, pool: WorkerPool(threadCount: 2), weights: WeightOptions(quantization: quantization))
        model.prepare(rowLimit: 32, logitRowLimit: 32)
        let tokens = try Reference(name).tokens
        return try ModelRun(model).feed(tokens, logitsAt: Set(tokens.indices)).flatMap(\.self)
    }

    /// What is left is the rounding of activations to bytes, and of FP8 to Q8_0: hundredths of logits of about one. Where two
    /// experts are near a tie, it may choose the other, at that position alone as there is one layer.
    @Test(arguments: names) func logitsAreThoseOfTheReference(name: String) throws {
        let reference = try Reference(name)
        let found = try logits(name, .automatic)
        let width = found.count / reference.tokens.count
        let deviations = reference.tokens.indices.map { row in
            let range = row * width..<(row + 1) * width
            return Array(found[range]).largestDifference(from: reference.logits[range])
        }
        #expect(deviations.count { $0 < 0.15 } >= reference.tokens.count - (name.contains("mixture") ? 2 : 0))
    }

    @Test(arguments: ["fp8-blocks", "fp8-mixture", "compressed-fp8", "gptq-reordered"])
    func withoutQuantisingOnlyBF16IsRounded(name: String) throws {
        let expected = try Reference(name).logits
        let deviation = try logits(name, .none).largestDifference(from: expected)
        #expect(deviation < 0.03, "\(deviation)")
    }

    @Test func eachMethodHasItsFormat() throws {
        let expected: [String: TensorFormat] = [
            "gptq-4-bits": .q4_0, "gptq-8-bits": .q8_0, "gptq-v2-asymmetric": .q4_1, "gptq-reordered": .q8_0,
            "fp8-blocks": .q8_0, "compressed-4-bits": .q4_1, "compressed-fp8": .q8_0,
        ]
        for (name, format) in expected {
            let source = try sources(name, .automatic)["model.layers.0.mlp.up_proj.weight"]
            #expect(source?.target == format, "\(name)")
        }
        let experts = try sources("awq-mixture", .automatic)
        #expect(experts["model.layers.0.mlp.experts.3.up_proj.weight"]?.target == .q4_1)
        #expect(experts["model.layers.0.mlp.gate.weight"]?.target == .bf16)
    }

    @Test func plansTellTheQuantisation() throws {
        func text(_ name: String) throws -> String {
            try ModelLoader.describe(Checkpoint.open(Fixtures.path("quantized/\(name)"))).description
        }
        #expect(try text("gptq-reordered").contains("GPTQ, 4 bits in groups of 32 columns, reordered (desc_act)"))
        #expect(try text("awq-mixture").contains("AWQ, 4 bits in groups of 32 columns"))
        #expect(try text("awq-mixture").contains("INT4 as Q4_1"))
        #expect(try text("fp8-blocks").contains("FP8 (E4M3), a scale for 128 × 128 weights"))
        #expect(try text("fp8-blocks").contains("F8_E4M3 as Q8_0"))
    }
}
