internal import Tokens

/// What a generation's guesses are made from, and how often they came true.
struct SequenceSpeculation {
    /// Where the guesses of a step come from.
    enum Source {
        /// They must be drawn: the stop phrase of a spent thinking budget.
        case forced
        case lookup
        case draft
    }

    /// Steps for which a draft that does not pay rests: at first, and at most.
    private static let restRange = 16...1024

    private(set) var lookup = PromptLookup()
    private var lookupChances = LookupChances()
    /// How likely a token of the draft model is right where those before it are.
    private var draft = Chance(0.7)
    private var draftRest = 0
    private var nextDraftRest = Self.restRange.lowerBound

    /// The guesses of the step under way, behind the sequence's last token.
    var guesses: [TokenID] = []
    var source = Source.lookup
    private(set) var proposedCount = 0
    private(set) var acceptedCount = 0

    var draftChance: Double { draft.value }

    /// Whether the draft model is to be left alone for some steps.
    var isDraftResting: Bool { draftRest > 0 }

    /// Takes in the tokens of the last step.
    mutating func follow(_ tokens: [TokenID]) {
        guesses.removeAll(keepingCapacity: true)
        var chances = lookupChances
        lookup.advance(tokens) { length, isRight in
            chances.learn(length, isRight)
        }
        lookupChances = chances
    }

    /// How likely the guess behind `count` right ones of the lookup is right; 0 without a match.
    func lookupChance(after count: Int) -> Double {
        lookup.source == nil ? 0 : lookupChances[lookup.matchLength + count]
    }

    mutating func guessFromLookup(_ count: Int, after tokens: [TokenID]) {
        lookup.appendGuesses(count, after: tokens, to: &guesses)
    }

    /// The step is drawn: `accepted` of its guesses were right, and if one was missed it is the next.
    mutating func settle(accepted: Int, of proposed: Int, hasMissed: Bool) {
        proposedCount += proposed
        acceptedCount += accepted
        guard source == .draft else { return }
        for _ in 0..<accepted {
            draft.learn(true)
        }
        if hasMissed {
            draft.learn(false)
        }
    }

    /// The draft model does not pay: it rests, twice as long each time, and is then tried again.
    mutating func restDraft() {
        draftRest = nextDraftRest
        nextDraftRest = min(2 * nextDraftRest, Self.restRange.upperBound)
    }

    mutating func countDownDraftRest() {
        draftRest -= 1
        if draftRest == 0 {
            draft.raise(to: 0.6)
        }
    }
}
