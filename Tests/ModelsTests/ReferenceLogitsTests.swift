import Compute
import TestSupport
import Testing

@testable import Models

/// Float checkpoints against transformers in float32, with a float32 cache.
@Suite struct ReferenceLogitsTests {
    static let checkpoints = [
        ("dense-bias", "hf"), ("dense-tied", "hf"), ("dense-untied", "hf"), ("dense-yarn", "hf"), ("dense-k", "hf"),
        ("dense-fullvocab", "hf"),
        ("moe", "hf"), ("moe-mixed", "hf"), ("dense-tied", "gguf/dense-tied-F32.gguf"),
        ("dense-tied", "gguf/dense-tied-BF16.gguf"),
    ]

    @Test(arguments: checkpoints)
    func logitsAndGreedyContinuationsAgree(name: String, path: String) throws {
        let model = try ModelRun.load("\(name)/\(path)", logitRowLimit: 32)
        let reference = try ModelReference(name)
        for prompt in try reference.prompts {
            let run = try ModelRun(model)
            let rows = run.feed(prompt.ids, logitsAt: Set(prompt.positions))
            for (index, row) in rows.enumerated() {
                let difference = row.largestDifference(from: prompt.row(index))
                #expect(difference <= prompt.tolerance, "\(prompt.name), position \(prompt.positions[index])")
            }
            let last = try #require(rows.last)
            let greedy = run.continueGreedily(after: last, count: prompt.greedyIDs.count)
            #expect(greedy.ids == prompt.greedyIDs, "\(prompt.name)")
            guard let entry = prompt.entry["greedy_logits_first4"] else { continue }
            let firstFour = Array(greedy.logits.prefix(4).joined())
            let difference = firstFour.largestDifference(from: try reference.floats(entry))
            #expect(difference <= prompt.tolerance, "\(prompt.name), greedy steps")
        }
    }

    @Test(arguments: ["dense-tied", "dense-untied", "dense-yarn", "dense-k"])
    func roundedActivationsStayNearAndAreTheSameOnEveryInstructionSet(name: String) throws {
        let reference = try ModelReference(name)
        let prompt = try #require(try reference.prompts.first { $0.name == "len17" })
        let rows = try CPUFeatures.supportedSets.map { set in
            let model = try ModelRun.load(
                "\(name)/hf", features: .limited(to: set), activations: .bf16, logitRowLimit: 32)
            return try ModelRun(model).feed(prompt.ids, logitsAt: Set(prompt.positions))
        }
        for (index, row) in rows[0].enumerated() {
            let difference = row.largestDifference(from: prompt.row(index))
            // Logits have a deviation of 4; transformers in BF16 is up to 0.3 away.
            #expect(difference > prompt.tolerance && difference < 0.5, "position \(prompt.positions[index])")
            for others in rows { #expect(others[index] == row) }
        }
    }

    @Test(arguments: ["dense-tied", "dense-untied", "dense-yarn", "dense-k", "dense-fullvocab", "moe", "moe-mixed"])
    func theResidualStreamAndTheRoutersAgree(name: String) throws {
        let reference = try ModelReference(name)
        let prompt = try #require(try reference.prompts.first { $0.name == "len17" })
        let model = try #require(try ModelRun.load("\(name)/hf") as? Qwen3Model)
        var hidden: [Float] = []
        var routers: [Float] = []
        model.trace = { stage, rows in
            let values = (0..<rows.count).flatMap { Array(rows.row($0)) }
            if case .routerLogits = stage { routers += values } else { hidden += values }
        }
        _ = try ModelRun(model).feed(prompt.ids, logitsAt: Set(0..<prompt.ids.count))
        let expected = try reference.floats(prompt.entry["hidden_states"])
        #expect(hidden.largestDifference(from: expected) <= 5e-4)
        if let entry = prompt.entry["router_logits"] {
            #expect(routers.largestDifference(from: try reference.floats(entry)) <= 5e-4)
        } else {
            #expect(routers.isEmpty)
        }
    }

    @Test(arguments: ["dense-tied", "dense-untied", "dense-yarn", "dense-k", "dense-fullvocab", "moe", "moe-mixed"])
    func chatsContinueAlikeWithAHalfPrecisionCache(name: String) throws {
        let model = try ModelRun.load("\(name)/hf", logitRowLimit: 1)
        let chats = try #require(try ModelReference(name).document["chat"]?.arrayValue)
        for chat in chats {
            let ids = try #require(chat["prompt_ids"]?.arrayValue).compactMap(\.intValue)
            let expected = try #require(chat["greedy_ids"]?.arrayValue).compactMap(\.intValue)
            let run = try ModelRun(model, format: .f16)
            #expect(run.continueGreedily(after: run.feed(ids), count: expected.count).ids == expected)
        }
    }
}
