import Serving

/// How replies are to be made and shown: what `/set` and the flags change.
struct ChatPreferences: Hashable, Sendable {
    /// What becomes of reasoning on the screen.
    enum ReasoningDisplay: String, CaseIterable, Sendable {
        /// It stays.
        case show
        /// It is there while it streams, and one line when the answer begins.
        case fold
        case hide
    }

    /// A name of `/set`.
    enum Name: String, CaseIterable, Sendable {
        case think
        case temperature
        case topP = "top_p"
        case topK = "top_k"
        case seed
        case maximumTokens = "max_tokens"
        case thinkingBudget = "thinking_budget"
        case reasoning
        case statistics = "stats"

        /// What the name takes, in the words of an error message.
        var expectation: String {
            switch self {
            case .think: "on, off, a level (\(ThinkingLevel.names)), or default"
            case .temperature: "a number from 0 to 2, or default"
            case .topP: "a number from 0 to 1, or default"
            case .topK: "a whole number from 0, or default"
            case .seed: "a whole number from 0, or default"
            case .maximumTokens: "a whole number of tokens from 1, or default"
            case .thinkingBudget: "a whole number of tokens from 0, or default"
            case .reasoning: "show, fold or hide"
            case .statistics: "on or off"
            }
        }
    }

    /// Nil leaves it to the model, which thinks.
    var thinking: ThinkingLevel?
    var temperature: Double?
    var topP: Double?
    var topK: Int?
    var seed: UInt64?
    var maximumTokens: Int?
    var thinkingBudget: Int?
    var reasoning = ReasoningDisplay.fold
    /// Whether each reply is followed by its tokens and times.
    var showsStatistics = false

    /// The smaller of the budget that was set and of the level's; nil sets no limit.
    var effectiveBudget: Int? {
        [thinkingBudget, thinking.flatMap { ThinkingBudgets()[$0] }].compactMap { $0 }.min()
    }

    /// Sets one value from text; `default` takes back what was set.
    ///
    /// - Parameters:
    ///   - name: what to set.
    ///   - text: the value.
    ///   - place: how the person wrote the name, for the error.
    /// - Throws: where the value is not what the name takes.
    mutating func set(_ name: Name, to text: String, place: String) throws(SettingsError) {
        guard assign(name, text) else {
            throw SettingsError(place: place, value: text, expectation: name.expectation)
        }
    }

    /// The value as `/set` takes it.
    func text(of name: Name) -> String {
        switch name {
        case .think: thinking.map { $0 == .max ? "on" : $0 == .none ? "off" : $0.rawValue } ?? "default"
        case .temperature: temperature.map { "\($0)" } ?? "default"
        case .topP: topP.map { "\($0)" } ?? "default"
        case .topK: topK.map { "\($0)" } ?? "default"
        case .seed: seed.map { "\($0)" } ?? "default"
        case .maximumTokens: maximumTokens.map { "\($0)" } ?? "default"
        case .thinkingBudget: thinkingBudget.map { "\($0)" } ?? "default"
        case .reasoning: reasoning.rawValue
        case .statistics: showsStatistics ? "on" : "off"
        }
    }
}

extension ChatPreferences {
    private mutating func assign(_ name: Name, _ text: String) -> Bool {
        switch name {
        case .think: assign(\.thinking, text, Self.level)
        case .temperature: assign(\.temperature, text) { Self.number($0, 0...2) }
        case .topP: assign(\.topP, text) { Self.number($0, 0...1) }
        case .topK: assign(\.topK, text) { Self.whole($0, 0...Int(Int32.max)) }
        case .seed: assign(\.seed, text) { UInt64($0) }
        case .maximumTokens: assign(\.maximumTokens, text) { Self.whole($0, 1...Int(Int32.max)) }
        case .thinkingBudget: assign(\.thinkingBudget, text) { Self.whole($0, 0...Int(Int32.max)) }
        case .reasoning: require(\.reasoning, ReasoningDisplay(rawValue: text))
        case .statistics: require(\.showsStatistics, Self.flag(text))
        }
    }

    private mutating func assign<Value>(
        _ path: WritableKeyPath<Self, Value?>, _ text: String, _ parse: (String) -> Value?
    ) -> Bool {
        guard text != "default" else {
            self[keyPath: path] = nil
            return true
        }
        guard let value = parse(text) else { return false }
        self[keyPath: path] = value
        return true
    }

    private mutating func require<Value>(_ path: WritableKeyPath<Self, Value>, _ value: Value?) -> Bool {
        guard let value else { return false }
        self[keyPath: path] = value
        return true
    }

    private static func level(_ text: String) -> ThinkingLevel? {
        flag(text).map { $0 ? .max : .none } ?? ThinkingLevel(rawValue: text)
    }

    private static func flag(_ text: String) -> Bool? {
        switch text {
        case "on", "true", "yes": true
        case "off", "false", "no": false
        default: nil
        }
    }

    private static func number(_ text: String, _ range: ClosedRange<Double>) -> Double? {
        Double(text).flatMap { range.contains($0) ? $0 : nil }
    }

    private static func whole(_ text: String, _ range: ClosedRange<Int>) -> Int? {
        Int(text).flatMap { range.contains($0) ? $0 : nil }
    }
}
