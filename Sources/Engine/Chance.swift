internal import Sampling

/// How likely a guess is right: what was seen lately, and at first what is usual.
struct Chance {
    /// How many outcomes it remembers, and how many the first value is worth.
    private static let memory = 24.0
    private static let priorWeight = 4.0

    private(set) var value: Double
    private var weight = Self.priorWeight

    init(_ value: Double) {
        self.value = value
    }

    mutating func learn(_ isRight: Bool) {
        weight = min(weight + 1, Self.memory)
        value += ((isRight ? 1 : 0) - value) / weight
    }

    /// Another try is worth it.
    mutating func raise(to least: Double) {
        value = max(value, least)
        weight = Self.priorWeight
    }
}

/// How likely the lookup is right, by the length of its match: from 2, 4, 8 and 16 tokens on.
struct LookupChances {
    private var two = Chance(0.3)
    private var four = Chance(0.5)
    private var eight = Chance(0.7)
    private var sixteen = Chance(0.8)

    subscript(matchLength: Int) -> Double {
        switch matchLength {
        case ..<4: two.value
        case ..<8: four.value
        case ..<16: eight.value
        default: sixteen.value
        }
    }

    mutating func learn(_ matchLength: Int, _ isRight: Bool) {
        switch matchLength {
        case ..<4: two.learn(isRight)
        case ..<8: four.learn(isRight)
        case ..<16: eight.learn(isRight)
        default: sixteen.learn(isRight)
        }
    }
}

/// How likely what a form lets expect is right, by whether only the cut of its text is in question or its white space too.
struct FormChances {
    private var cut = Chance(0.9)
    private var spacing = Chance(0.6)

    subscript(token: ExpectedToken) -> Double { token.isOptional ? spacing.value : cut.value }

    mutating func learn(_ token: ExpectedToken, _ isRight: Bool) {
        if token.isOptional {
            spacing.learn(isRight)
        } else {
            cut.learn(isRight)
        }
    }

    /// The same chances for a sequence that has shown nothing yet.
    var asFirst: FormChances {
        var first = self
        first.cut.raise(to: 0)
        first.spacing.raise(to: 0)
        return first
    }
}
