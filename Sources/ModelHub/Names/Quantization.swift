/// How the weights of a GGUF file are stored, as names of files and tags say it: `Q4_K_M`, `UD-Q4_K_XL`, `BF16`.
struct Quantization: Hashable, Sendable, CustomStringConvertible {
    /// In capitals.
    let description: String

    /// Nil where the text is no quantisation. `fp16` is what Ollama calls `F16`.
    init?(_ text: some StringProtocol) {
        var name = text.uppercased()
        let isDynamic = name.hasPrefix("UD-")
        if isDynamic { name.removeFirst(3) }
        name = ["FP16": "F16", "FP32": "F32"][name] ?? name
        guard name.wholeMatch(of: /(IQ|TQ|Q)[1-9](_[A-Z0-9]+)*|BF16|F16|F32|MXFP4(_MOE)?/) != nil else { return nil }
        description = (isDynamic ? "UD-" : "") + name
    }

    /// What the name of a GGUF file says, `Qwen3-8B-Q4_K_M.gguf` or, of a split one, `Q4_K_M/Qwen3-8B-Q4_K_M-00001-of-00002.gguf`.
    init?(file path: String) {
        let parts = path.dropLast(path.hasSuffix(".gguf") ? 5 : 0).split { "-./".contains($0) }
        let found = parts.enumerated().last { Quantization($1) != nil }
        guard let (place, name) = found else { return nil }
        let isDynamic = place > 0 && parts[place - 1].uppercased() == "UD"
        self.init(isDynamic ? "UD-\(name)" : String(name))
    }

    /// Whether somebody who asks for the other one may mean this one: `q4_k_xl` is Unsloth's `UD-Q4_K_XL` too.
    func isMeant(by asked: Quantization) -> Bool {
        self == asked || description == "UD-\(asked.description)"
    }

    /// What is taken where nobody says: the best known compromise first, then what is nearest to it.
    private static let order = [
        "Q4_K_M", "UD-Q4_K_XL", "Q4_K_S", "Q5_K_M", "Q5_K_S", "Q4_0", "Q4_1", "IQ4_XS", "IQ4_NL", "Q5_0", "Q5_1",
        "Q6_K",
        "Q8_0", "Q3_K_L", "Q3_K_M", "Q3_K_S", "Q2_K", "BF16", "F16", "F32",
    ]

    /// Ascending: the first is taken where nobody says which.
    static func precedes(_ left: Quantization?, _ right: Quantization?) -> Bool {
        rank(left) < rank(right)
    }

    private static func rank(_ quantization: Quantization?) -> Int {
        guard let quantization else { return order.count + 1 }
        return order.firstIndex(of: quantization.description) ?? order.count
    }
}
