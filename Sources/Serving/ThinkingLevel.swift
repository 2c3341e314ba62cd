/// How much a model is to think, by a name: OpenAI's `reasoning_effort`, Ollama's `think`, Anthropic's `effort`.
public enum ThinkingLevel: String, Sendable, Hashable, CaseIterable {
    case none, minimal, low, medium, high, xhigh, max

    /// Whether there is any thinking.
    public var thinks: Bool { self != .none }

    /// All names, for messages.
    public static let names = allCases.map(\.rawValue).joined(separator: ", ")
}

/// How many tokens of thinking each level stands for.
public struct ThinkingBudgets: Sendable, Hashable {
    /// Levels that are not here set no bound.
    private var limits: [ThinkingLevel: Int] = [.minimal: 256, .low: 1024, .medium: 4096, .high: 16_384]

    /// The budgets that hold where nobody says otherwise.
    public init() {}

    /// Takes some of the budgets from text such as `low=512,xhigh=32768,max=unlimited`; the others are as usual.
    ///
    /// - Returns: nil for text that is not of this form, that names a level twice or one that is no budget, `none`.
    public init?(_ text: String) {
        var named: Set<ThinkingLevel> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", omittingEmptySubsequences: false).map { $0.filter { $0 != " " } }
            guard sides.count == 2, let level = ThinkingLevel(rawValue: sides[0]), level.thinks,
                named.insert(level).inserted
            else { return nil }
            guard sides[1] != "unlimited" else {
                limits[level] = nil
                continue
            }
            guard let limit = Int(sides[1]), (0...Int(Int32.max)).contains(limit) else { return nil }
            limits[level] = limit
        }
    }

    /// The most tokens of thinking at a level; nil sets no bound.
    public subscript(_ level: ThinkingLevel) -> Int? { limits[level] }
}
