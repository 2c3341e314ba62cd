/// What becomes of a checkpoint's weights when they are read.
public enum Quantization: String, CaseIterable, Sendable {
    /// They stay as they are; what kernels do not read as it stands is rewritten: 8-bit floats as Q8_0, GPTQ's and AWQ's
    /// integers in blocks of their own scales.
    case automatic = "auto"
    /// As `automatic`, but what would be rounded to Q8_0 becomes BF16.
    case none
    // The names that ggml and its tools use.
    /// All matrices but a mixture's routers become Q8_0.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q8_0
    /// All matrices but a mixture's routers become Q6_K.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q6_K = "q6_k"
    /// llama.cpp's mix of Q4_K and, where errors tell most, Q6_K.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q4_K_M = "q4_k_m"

    /// Reads a name as people write it; `q4_k` is the mix, too. Nil for others.
    public init?(name: String) {
        let name = name.lowercased()
        self.init(rawValue: name == "q4_k" ? "q4_k_m" : name)
    }

    /// Whether float weights are quantised.
    public var quantizesFloats: Bool {
        switch self {
        case .automatic, .none: false
        case .q8_0, .q6_K, .q4_K_M: true
        }
    }
}
