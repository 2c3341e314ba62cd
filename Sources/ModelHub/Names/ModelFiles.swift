/// How a model's weights lie in files.
public enum ModelFormat: Hashable, Sendable, CustomStringConvertible {
    /// With the quantisation that the file's name tells.
    case gguf(String?)
    case safetensors

    public var description: String {
        switch self {
        case .gguf(let quantization): quantization.map { "GGUF \($0)" } ?? "GGUF"
        case .safetensors: "safetensors"
        }
    }
}

/// The files of a repository or a folder that make up one model.
struct ModelFiles: Hashable, Sendable {
    let format: ModelFormat
    /// In the order of their parts.
    let weights: [String]
    /// What else belongs to it: configuration, tokenizer, template, licence.
    let companions: [String]
    /// What picks it among its neighbours: a quantisation, a file's name where that says none; nil for safetensors.
    let variant: String?
    /// Whether all parts of a split are there.
    let isComplete: Bool

    var all: [String] { weights + companions }

    /// Every model in a list of names, the one first that is taken where nobody says which.
    static func models(in names: [String]) -> [ModelFiles] {
        let names = names.sorted()
        return [safetensors(in: names)].compactMap(\.self) + ggufs(in: names)
    }

    /// The model that is asked for.
    ///
    /// - Returns: nil where there is none, or several that the variant may mean.
    static func pick(_ variant: String?, among models: [ModelFiles]) -> ModelFiles? {
        guard let variant else { return models.first }
        if variant.hasSuffix(".gguf") {
            return models.first { $0.weights.contains { $0 == variant || RepositoryPath.lastPart($0) == variant } }
        }
        guard let asked = Quantization(variant) else {
            return models.first { $0.variant?.lowercased() == variant.lowercased() }
        }
        let meant = models.filter { $0.quantization?.isMeant(by: asked) ?? false }
        let exact = meant.filter { $0.quantization == asked }
        let candidates = exact.isEmpty ? meant : exact
        return candidates.count == 1 ? candidates[0] : nil
    }

    private var quantization: Quantization? {
        guard case .gguf(let name?) = format else { return nil }
        return Quantization(name)
    }
}

extension ModelFiles {
    private static func safetensors(in names: [String]) -> ModelFiles? {
        let files = names.filter { !$0.contains("/") && $0.hasSuffix(".safetensors") }
        let usual = files.filter { $0.hasPrefix("model-") || $0 == "model.safetensors" }
        let weights = usual.isEmpty ? files : usual
        guard !weights.isEmpty, names.contains("config.json") else { return nil }
        return ModelFiles(
            format: .safetensors, weights: weights, companions: names.filter(isCompanion), variant: nil,
            isComplete: true)
    }

    private static func ggufs(in names: [String]) -> [ModelFiles] {
        let cards = names.filter { ["README.md", "LICENSE"].contains($0) }
        var parts: [String: [(number: Int, count: Int, name: String)]] = [:]
        for name in names where name.hasSuffix(".gguf") && !isSideFile(name) {
            let place = SplitName(name)
            parts[place?.prefix ?? name, default: []].append((place?.number ?? 1, place?.count ?? 1, name))
        }
        // Where a quantisation is that of several models, their files' names tell them apart.
        let quantizations = parts.keys.map { Quantization(file: $0)?.description }
        let models = parts.map { prefix, parts in
            let parts = parts.sorted { $0.number < $1.number }
            let quantization = Quantization(file: prefix)?.description
            let isOnly = quantizations.count { $0 == quantization } == 1
            return ModelFiles(
                format: .gguf(quantization), weights: parts.map(\.name), companions: cards,
                variant: isOnly ? quantization ?? RepositoryPath.lastPart(parts[0].name) : parts[0].name,
                isComplete: parts.map(\.number) == Array(1...max(1, parts[0].count)))
        }
        return models.sorted { left, right in
            if Quantization.precedes(left.quantization, right.quantization) { return true }
            if Quantization.precedes(right.quantization, left.quantization) { return false }
            return left.weights[0] < right.weights[0]
        }
    }

    /// Projectors for images and statistics of quantisers end like models.
    private static func isSideFile(_ name: String) -> Bool {
        let name = RepositoryPath.lastPart(name).lowercased()
        return name.hasPrefix("mmproj") || name.contains("imatrix")
    }

    private static func isCompanion(_ name: String) -> Bool {
        if name == "1_Pooling/config.json" { return true }
        guard !name.contains("/"), !name.hasPrefix(".") else { return false }
        return [".json", ".jinja", ".txt"].contains { name.hasSuffix($0) } || ["README.md", "LICENSE"].contains(name)
    }
}

/// The name of one part of a split: `PREFIX-00001-of-00003.gguf`.
private struct SplitName {
    let prefix: String
    let number: Int
    let count: Int

    init?(_ name: String) {
        guard let match = name.wholeMatch(of: /(.+)-(\d{5})-of-(\d{5})\.gguf/),
            let number = Int(match.2), let count = Int(match.3), number >= 1, number <= count
        else { return nil }
        prefix = String(match.1)
        self.number = number
        self.count = count
    }
}
