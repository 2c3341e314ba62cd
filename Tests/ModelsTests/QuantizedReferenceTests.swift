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

    @Test(arguments: files) func deviationsAreThoseOfRoundedActivations(name: String, type: String) throws {
        let reference = try ModelReference(name)
        let model = try ModelRun.load("\(name)/gguf/\(name)-\(type).gguf", logitRowLimit: 32)
        for prompt in try reference.prompts(ofType: type) {
            let rows = try ModelRun(model).feed(prompt.ids, logitsAt: Set(prompt.positions))
            let largest = rows.enumerated().map { $1.largestDifference(from: prompt.row($0)) }.max() ?? 0
            let divergences = rows.enumerated().map { $1.divergence(from: prompt.row($0)) }
            let divergence = divergences.reduce(0, +) / Double(divergences.count)
            let llama = try reference.llamaDeviation(ofType: type, prompt)
            print("QQ", name, type, prompt.name, largest, llama.largest, divergence, llama.divergence)
        }
    }
}
