internal import Tokens

/// A sequence as the scheduler sees it: its tokens, and how far the cache has them.
///
/// States: *waiting* (holds no blocks), *running* (its table reaches all its tokens that are planned), either of them also
/// *paused* (not planned until its reader comes back).
struct SequenceState {
    /// The prompt and what was generated after it.
    var tokens: [TokenID]
    let promptCount: Int
    /// Tokens whose keys and values are in the cache.
    var computedCount = 0
    /// The blocks that hold them, in order.
    var blockTable: [BlockID] = []
    /// How many of the table's blocks are published, and the number of the last one's publication.
    var publishedCount = 0
    var lastSerial = BlockHash.rootSerial
    /// Whether a full block could not be published, and so none after it can.
    var hasBrokenChain = false
    /// Rows of this step's plan.
    var plannedCount = 0
    var isRunning = false
    /// Whether it runs and nothing was computed yet.
    var isFresh = false
    var isPaused = false
    /// The first prompt position whose logits are still wanted; nil if those of the prompt are not.
    var nextPromptLogitPosition: Int?
    /// Prompt tokens found in the prefix cache at the first start.
    var cachedCount: Int?
    /// How many more were found for another context window, of no use to this one.
    var cachedElsewhereCount = 0
    let usesPrefixCache: Bool
    let scope: PrefixScope
    let priority: Int
    /// The sequences whose prompts begin alike.
    let group: PromptGroup?
    /// Of a prompt that nobody has asked for yet: the most rows of it that a step computes. Nil for all others.
    let aheadRowCount: Int?
    /// Grows from sequence to sequence.
    let arrival: UInt64
    /// Its client's place among those who share the work.
    let clientPlace: Int
    /// How much work must have been done, in rows of prompts, before it counts as urgent: none, or where nobody waits for it a
    /// long time's.
    let urgentAt: Int
    /// The step for which its prompt was considered last.
    var consideredIn: UInt64 = 0

    init(
        prompt: [TokenID], usesPrefixCache: Bool = true, scope: PrefixScope = PrefixScope(), priority: Int = 0,
        group: PromptGroup? = nil, wantsPromptLogits: Bool = false, arrival: UInt64, clientPlace: Int = 0,
        urgentAt: Int = 0, aheadRowCount: Int? = nil
    ) {
        tokens = prompt
        promptCount = prompt.count
        self.usesPrefixCache = usesPrefixCache
        self.scope = scope
        self.priority = priority
        self.group = group
        nextPromptLogitPosition = wantsPromptLogits ? 0 : nil
        self.aheadRowCount = aheadRowCount
        self.arrival = arrival
        self.clientPlace = clientPlace
        self.urgentAt = urgentAt
    }

    /// Which of the model's context windows it runs in.
    var window: Int { Int(scope.window) }

    /// Whether nobody has asked for it yet: then it is only computed, and draws nothing.
    var isAhead: Bool { aheadRowCount != nil }

    /// Tokens that the model has yet to see.
    var pendingCount: Int { tokens.count - computedCount }

    /// Whether the sequence goes before another of the same client: by priority, then by age.
    func goesBefore(_ other: SequenceState) -> Bool {
        priority > other.priority || (priority == other.priority && arrival < other.arrival)
    }

    /// Whether the logits of the row at a position tell how likely the prompt token behind it is, and are still wanted.
    func wantsPromptLogits(at position: Int) -> Bool {
        guard let next = nextPromptLogitPosition else { return false }
        return position >= next && position < promptCount - 1
    }

    /// How many tokens may come from the prefix cache: the last one must be computed, and those whose logits are wanted.
    var reusableCount: Int {
        guard usesPrefixCache else { return 0 }
        if let next = nextPromptLogitPosition, next < promptCount - 1 {
            return next
        }
        return isAhead ? tokens.count : tokens.count - 1
    }
}
