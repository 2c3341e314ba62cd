internal import Synchronization

/// The lexemes of a vocabulary that were used last. Any thread may use it.
final class LexemeLibrary: Sendable {
    private static let countLimit = 128
    /// A lexeme whose tables take more is begun anew for those who ask for it next.
    static let byteLimit = 16 << 20

    private struct Shelf {
        var lexemes: [GrammarExpression: Lexeme] = [:]
        /// Expressions, the one that was asked for last at the end.
        var order: [GrammarExpression] = []
        var ownerCount = 0
    }

    private let counterLimit: Int
    private let shelf = Mutex(Shelf())

    /// No token may be so long that it makes a difference whether a counter is larger than `counterLimit`.
    init(counterLimit: Int) {
        self.counterLimit = counterLimit
    }

    /// A number that no other owner of masks has.
    func makeOwner() -> Int {
        shelf.withLock { shelf in
            shelf.ownerCount += 1
            return shelf.ownerCount
        }
    }

    func lexeme(_ expression: GrammarExpression) throws(ConstraintError) -> Lexeme {
        let known = shelf.withLock { shelf -> Lexeme? in
            guard let known = shelf.lexemes[expression], known.byteCount < Self.byteLimit else { return nil }
            return known
        }
        if let known { return known }
        let made = try Lexeme(expression, owner: makeOwner(), counterLimit: counterLimit)
        shelf.withLock { shelf in
            if shelf.lexemes.updateValue(made, forKey: expression) != nil {
                shelf.order.removeAll { $0 == expression }
            }
            shelf.order.append(expression)
            if shelf.order.count > Self.countLimit {
                shelf.lexemes[shelf.order.removeFirst()] = nil
            }
        }
        return made
    }
}
