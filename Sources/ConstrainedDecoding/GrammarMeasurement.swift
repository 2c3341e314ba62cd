internal import Sampling
internal import Tokenization
internal import Tokens

/// What holding answers to a grammar costs on one thread: what a benchmark prints.
public struct GrammarMeasurement: Sendable {
    /// What each token of some answers cost: its mask, and moving on by it.
    public struct Tokens: Sendable {
        /// Durations, the shortest first.
        private let durations: [Duration]

        init(_ durations: [Duration]) {
            self.durations = durations.sorted()
        }

        public var count: Int { durations.count }

        public var mean: Duration { durations.reduce(.zero, +) / max(1, durations.count) }

        /// The duration that a share of the tokens, from 0 to 1, does not exceed.
        public func percentile(_ share: Double) -> Duration {
            guard !durations.isEmpty else { return .zero }
            return durations[min(durations.count - 1, Int(share * Double(durations.count)))]
        }
    }

    /// From the definition to the first mask.
    public let firstMask: Duration
    /// Of the first answers, while most of what they need is found out.
    public let early: Tokens
    /// Of as many further answers.
    public let late: Tokens
}

extension ConstraintCompiler {
    private static let answerLengthLimit = 400

    /// Compiles a definition and follows random answers through it.
    ///
    /// - Parameters:
    ///   - definition: what this compiler has not compiled before, for times that mean something.
    ///   - answerCount: how many early answers to follow, and how many late ones.
    ///   - seed: decides which tokens are drawn.
    /// - Returns: the times.
    /// - Throws: `ConstraintError` where the definition is refused.
    public func measure(
        _ definition: ConstraintDefinition, answerCount: Int, seed: UInt64
    ) throws(ConstraintError) -> GrammarMeasurement {
        let clock = ContinuousClock()
        let begin = clock.now
        let grammar = try compile(definition)
        _ = grammar.makeMatcher().mask()
        let firstMask = clock.now - begin
        var random = AnswerRandom(state: seed)
        let early = durations(of: answerCount, grammar, &random)
        let late = durations(of: answerCount, grammar, &random)
        return GrammarMeasurement(firstMask: firstMask, early: .init(early), late: .init(late))
    }

    private func durations(
        of answerCount: Int, _ grammar: CompiledGrammar, _ random: inout AnswerRandom
    ) -> [Duration] {
        let clock = ContinuousClock()
        var durations: [Duration] = []
        for _ in 0..<answerCount {
            var matcher = grammar.makeMatcher()
            for _ in 0..<Self.answerLengthLimit {
                let begin = clock.now
                let mask = matcher.mask()
                let masked = clock.now
                guard let token = random.token(of: mask, vocabularySize: vocabularySize), !isEnd(token) else { break }
                let drawn = clock.now
                matcher.accept(token)
                durations.append(masked - begin + (clock.now - drawn))
            }
        }
        return durations
    }
}

/// Draws tokens, common ones rather than rare ones, as models do.
private struct AnswerRandom {
    private static let commonCount: UInt64 = 20_000

    var state: UInt64

    /// SplitMix64.
    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    /// One of the mask's tokens; nil if it has none.
    mutating func token(of mask: TokenMask, vocabularySize: Int) -> TokenID? {
        for attempt in 0..<2000 {
            let size = attempt < 400 ? min(Self.commonCount, UInt64(vocabularySize)) : UInt64(vocabularySize)
            let token = TokenID(Int(next() % max(1, size)))
            if mask.contains(token) { return token }
        }
        return mask.first
    }
}
