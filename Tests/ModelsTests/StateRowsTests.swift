import Checkpoints
import Compute
import Foundation
import TestSupport
import Testing
import Tokens

@testable import Models

/// Rows that want their states instead of logits, and checkpoints that have nothing else.
@Suite struct StateRowsTests {
    private static let tokens = [3, 141, 59, 26, 535]

    /// The states of the given tokens of one sequence, and the logits of the others.
    private func run(
        _ model: any CausalLanguageModel, _ tokens: [Int], statesAt wanted: Set<Int>, wantsLogits: Bool = false
    ) throws -> (states: [[Float]], logits: [[Float]]) {
        let cache = try model.makeCache(blockCount: 8, blockLength: 32, format: .f32)
        var batch = TokenBatch()
        batch.beginSequence(blockTable: Array(Int32(0)..<8))
        for (position, token) in tokens.enumerated() {
            let isWanted = wanted.contains(position)
            batch.append(
                token: TokenID(token), position: position, wantsLogits: wantsLogits && !isWanted, wantsState: isWanted)
        }
        let output = model.forward(batch, cache: cache)
        return (
            (0..<output.states.count).map { Array(output.states.row($0)) },
            (0..<output.logits.rowCount).map { Array(output.logits.row($0)) }
        )
    }

    @Test(arguments: ["dense-tied", "dense-untied", "dense-yarn", "moe", "moe-mixed"])
    func statesAreThoseBehindTheReferencesFinalNorm(name: String) throws {
        let reference = try ModelReference(name)
        let prompt = try #require(try reference.prompts.first { $0.name == "len17" })
        let expected = try reference.floats(prompt.entry["hidden_states"])
        let found = try run(ModelRun.load("\(name)/hf"), prompt.ids, statesAt: Set(prompt.ids.indices)).states
        #expect(found.count == prompt.ids.count)
        let values = found.flatMap(\.self)
        #expect(values.largestDifference(from: expected.suffix(values.count)) <= 5e-4)
    }

    @Test func statesAndLogitsOfOneBatchAreThoseOfEachAlone() throws {
        let model = try ModelRun.load("dense-tied/hf")
        let all = Set(Self.tokens.indices)
        let states = try run(model, Self.tokens, statesAt: all).states
        let logits = try run(model, Self.tokens, statesAt: [], wantsLogits: true).logits
        let mixed = try run(model, Self.tokens, statesAt: [1, 4], wantsLogits: true)
        #expect(mixed.states == [states[1], states[4]])
        #expect(mixed.logits == [logits[0], logits[2], logits[3]])
    }

    /// A fixture as the decoder alone is stored: under bare names, without a head.
    private func bare<Result>(
        _ name: String, settings: [String: String], _ body: (String) throws -> Result
    ) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ponder-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var tensors = try Checkpoint.open(Fixtures.path("models/\(name)/hf")).tensors.map(WrittenTensor.init)
        tensors.removeAll { $0.name == "lm_head.weight" }
        for index in tensors.indices {
            tensors[index].name = tensors[index].name.replacing("model.", with: "", maxReplacements: 1)
        }
        try writeSafetensors(tensors, to: "\(folder.path)/model.safetensors")
        var text = String(decoding: try Fixtures.bytes("models/\(name)/hf/config.json"), as: UTF8.self)
        for (old, new) in settings {
            #expect(text.contains(old))
            text = text.replacing(old, with: new)
        }
        try Data(text.utf8).write(to: folder.appending(path: "config.json"))
        return try body(folder.path)
    }

    @Test(arguments: [
        ("dense-tied", "Qwen3ForCausalLM", "Qwen3Model", true),
        ("dense-tied", "Qwen3ForCausalLM", "Qwen3ForCausalLM", true),
        ("dense-untied", "Qwen3ForCausalLM", "Qwen3Model", false),
        ("dense-untied", "Qwen3ForCausalLM", "Qwen3ForCausalLM", false),
        ("moe", "Qwen3MoeForCausalLM", "Qwen3MoeModel", false),
    ])
    func aDecoderStoredByItselfHasTheSameStates(name: String, old: String, new: String, hasHead: Bool) throws {
        let whole = try run(ModelRun.load("\(name)/hf"), Self.tokens, statesAt: [4]).states
        try bare(name, settings: [old: new]) { path in
            let plan = try ModelLoader.describe(Checkpoint.open(path))
            #expect(plan.shape.hasHead == hasHead)
            #expect(!plan.lines.contains { $0.weightClass == .head })
            let model = try ModelRun.load(at: path)
            #expect(model.shape.hasHead == hasHead)
            #expect(try run(model, Self.tokens, statesAt: [4]).states == whole)
        }
    }

    @Test func aChatModelsMissingHeadIsStillMissed() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ponder-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let tensors = try Checkpoint.open(Fixtures.path("models/dense-untied/hf")).tensors.map(WrittenTensor.init)
        try writeSafetensors(tensors.filter { $0.name != "lm_head.weight" }, to: "\(folder.path)/model.safetensors")
        try Data(Fixtures.bytes("models/dense-untied/hf/config.json")).write(to: folder.appending(path: "config.json"))
        #expect(throws: ModelError.self) { try ModelLoader.describe(Checkpoint.open(folder.path)) }
    }

    @Test func aClassifiersLogitsAreItsRowsTimesTheState() throws {
        var fixture = try GGUFFixture()
        let width = try fixture.open { try ModelLoader.describe($0).shape.hiddenSize }
        #expect(try fixture.open { try ModelLoader.classifier(of: $0) } == nil)
        let rows = (0..<2 * width).map { Float($0 % 7) - 3 }
        fixture.tensors.append(
            .init(
                name: "cls.output.weight", shape: [2, width],
                bytes: rows.flatMap { value in
                    withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
                }))
        let classifier = try #require(try fixture.open { try ModelLoader.classifier(of: $0) })
        #expect(classifier.labels == ["yes", "no"])
        let state = (0..<width).map { Float($0) / 8 }
        let expected = [rows.prefix(width), rows.suffix(width)].map { row in
            zip(row, state).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        }
        #expect(classifier.logits(state) == expected)
    }
}
