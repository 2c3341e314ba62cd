internal import Sampling
internal import Tokens

/// What a generation's guesses are made from, and how often they came true.
struct SequenceSpeculation {
    /// Where the guesses of a step come from.
    enum Source {
        /// They must be drawn: the stop phrase of a spent thinking budget.
        case forced
        case lookup
        /// The form that an answer is held to leaves little choice.
        case form
        case draft
    }

    /// Steps for which a draft that does not pay rests: at first, and at most.
    private static let restRange = 16...1024

    private(set) var lookup = PromptLookup()
    private var lookupChances = LookupChances()
    /// What the form lets expect behind the first `expectedStart` tokens.
    private var expected: [ExpectedToken] = []
    private var expectedStart = 0
    /// Nil before the form has let anything be expected.
    private var formChances: FormChances?
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

    /// Takes in the tokens of the last step, and adds to what is usual of forms.
    mutating func follow(_ tokens: [TokenID], usesLookup: Bool, usual: inout FormChances) {
        guesses.removeAll(keepingCapacity: true)
        compareExpected(tokens, &usual)
        guard usesLookup else { return }
        var chances = lookupChances
        lookup.advance(tokens) { length, isRight in
            chances.learn(length, isRight)
        }
        lookupChances = chances
    }

    /// Tells from the tokens that came how good it was to expect others, whether they were guessed or not.
    private mutating func compareExpected(_ tokens: [TokenID], _ usual: inout FormChances) {
        for (token, expected) in zip(tokens.dropFirst(expectedStart), expected) {
            let isRight = token == expected.id
            formChances?.learn(expected, isRight)
            usual.learn(expected, isRight)
            if !isRight { break }
        }
        expected.removeAll(keepingCapacity: true)
    }

    /// Notes what the form lets expect behind `count` tokens.
    mutating func expect(_ tokens: [ExpectedToken], behind count: Int, usual: FormChances) {
        guard !tokens.isEmpty else { return }
        formChances = formChances ?? usual.asFirst
        expected = tokens
        expectedStart = count
    }

    var expectedCount: Int { expected.count }

    /// How likely the guess behind `count` right ones of the form is right; 0 where there is none.
    func formChance(after count: Int) -> Double {
        count < expected.count ? formChances?[expected[count]] ?? 0 : 0
    }

    mutating func guessFromForm(_ count: Int) {
        guesses.append(contentsOf: expected.prefix(count).map(\.id))
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
