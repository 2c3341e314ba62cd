internal import Synchronization

/// The masks that were used last, of all grammars and lexemes of a vocabulary. Any thread may use it.
///
/// Two generations take turns: when the younger one is full the older one goes, so that what is used stays.
final class MaskCache: Sendable {
    struct Key: Hashable {
        var owner: Int
        var state: GrammarAutomaton.StateID
    }

    private struct Generations {
        var young: [Key: TokenTrie.Marks] = [:]
        var old: [Key: TokenTrie.Marks] = [:]
    }

    private let generationLimit: Int
    private let generations = Mutex(Generations())

    /// All masks together take about `byteLimit` bytes at most.
    init(tokenCount: Int, byteLimit: Int = 64 << 20) {
        generationLimit = max(64, byteLimit / (2 * (tokenCount / 8 + 512)))
    }

    subscript(_ key: Key) -> TokenTrie.Marks? {
        generations.withLock { generations in
            if let known = generations.young[key] {
                return known
            }
            guard let known = generations.old[key] else { return nil }
            Self.insert(known, key, &generations, generationLimit)
            return known
        }
    }

    func insert(_ marks: TokenTrie.Marks, _ key: Key) {
        generations.withLock { Self.insert(marks, key, &$0, generationLimit) }
    }

    private static func insert(
        _ marks: TokenTrie.Marks, _ key: Key, _ generations: inout Generations, _ limit: Int
    ) {
        if generations.young.count >= limit {
            generations.old = generations.young
            generations.young = [:]
        }
        generations.young[key] = marks
    }
}
