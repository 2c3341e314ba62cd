import Compute
import TestSupport
import Testing

/// Float checkpoints with a cache of bytes against transformers in float32: what rounding queries, keys and values leaves.
@Suite struct ByteCacheReferenceTests {
    /// At most a quarter above llama.cpp's (ggml 0.25.3) with the same file and prompts, `type_k` and `type_v` being
    /// `q8_0`: a largest deviation of 0.53, a mean divergence of 0.0024.
    @Test func deviationsAreAboutThoseOfLlamaCpp() throws {
        let model = try ModelRun.load("dense-tied/gguf/dense-tied-F32.gguf", logitRowLimit: 32)
        for prompt in try ModelReference("dense-tied").prompts {
            let rows = try ModelRun(model, format: .q8_0).feed(prompt.ids, logitsAt: Set(prompt.positions))
            var largest: Float = 0
            var divergence = 0.0
            for (index, row) in rows.enumerated() {
                largest = max(largest, row.largestDifference(from: prompt.row(index)))
                divergence += row.divergence(from: prompt.row(index)) / Double(rows.count)
            }
            #expect(largest <= 1.25 * 0.53, "\(prompt.name)")
            #expect(divergence <= 1.25 * 0.0024, "\(prompt.name)")
        }
    }
}
