import Foundation
import TestSupport
import Testing

/// Quantised files against float32 on their dequantised weights: activations are rounded to int8, so that a deviation
/// remains, about that of llama.cpp, which rounds alike.
@Suite struct QuantizedReferenceTests {
    static let files =
        [
            ("dense-tied", "F16"), ("dense-tied", "Q8_0"), ("dense-untied", "Q8_0"), ("dense-yarn", "Q8_0"),
            ("moe", "Q8_0"),
            ("moe-k", "Q4_K_M"),
        ]
        + ["Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K_M", "Q4_K_M", "Q5_K_M", "Q6_K", "IQ4_NL", "IQ4_XS"].map
    {
        ("dense-k", $0)
    }

    /// Over a file's prompts: the largest deviation at most a quarter above llama.cpp's, the mean divergence at most twice.
    @Test(arguments: files) func deviationsAreThoseOfRoundedActivations(name: String, type: String) throws {
        let reference = try ModelReference(name)
        let model = try ModelRun.load("\(name)/gguf/\(name)-\(type).gguf", logitRowLimit: 32)
        var largest: (ours: Float, theirs: Float) = (0, 0)
        var divergence: (ours: Double, theirs: Double) = (0, 0)
        let prompts = try reference.prompts(ofType: type)
        #expect(prompts.count >= 3)
        for prompt in prompts {
            let rows = try ModelRun(model).feed(prompt.ids, logitsAt: Set(prompt.positions))
            #expect(rows.count == prompt.positions.count)
            let llama = try reference.llamaDeviation(ofType: type, prompt)
            largest.theirs = max(largest.theirs, llama.largest)
            divergence.theirs += llama.divergence
            for (index, row) in rows.enumerated() {
                largest.ours = max(largest.ours, row.largestDifference(from: prompt.row(index)))
                divergence.ours += row.divergence(from: prompt.row(index)) / Double(rows.count)
            }
        }
        #expect(largest.ours <= 1.25 * largest.theirs)
        #expect(divergence.ours <= 2 * divergence.theirs)
        if type == "F16" {
            #expect(largest.ours <= 5e-4, "nothing is rounded but the weights")
        }
    }
}
