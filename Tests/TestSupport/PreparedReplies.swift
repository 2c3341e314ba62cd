import Synchronization
public import Tokens

/// What a scripted model is to say: replies to prompts, written down before.
public final class PreparedReplies: Sendable {
    private struct Entry {
        var prompt: [TokenID]
        var reply: [TokenID]
    }

    private let entries = Mutex<[Entry]>([])
    private let end: TokenID
    private let improvise: @Sendable (_ tokens: [TokenID]) -> TokenID

    /// - Parameters:
    ///   - end: follows each reply.
    ///   - improvise: what follows tokens for which nothing was prepared; the end by default.
    public init(end: TokenID, improvise: (@Sendable (_ tokens: [TokenID]) -> TokenID)? = nil) {
        self.end = end
        self.improvise = improvise ?? { _ in end }
    }

    /// From now on the prompt is answered with the reply and the end token.
    public func prepare(_ reply: [TokenID], for prompt: [TokenID]) {
        entries.withLock { entries in
            entries.removeAll { $0.prompt == prompt }
            entries.append(Entry(prompt: prompt, reply: reply))
        }
    }

    /// The token that follows the given ones: for ``ScriptedModel/choosing(_:)``.
    public func next(after tokens: [TokenID]) -> TokenID {
        let prepared: TokenID? = entries.withLock { entries in
            // The newest first: it is the one that a test asks for next.
            for entry in entries.reversed() where tokens.starts(with: entry.prompt) {
                let said = Array(tokens.dropFirst(entry.prompt.count))
                if entry.reply.starts(with: said) {
                    return said.count < entry.reply.count ? entry.reply[said.count] : end
                }
                // Past the end of the reply, where end tokens end nothing.
                if said.starts(with: entry.reply) { return end }
            }
            return nil
        }
        return prepared ?? improvise(tokens)
    }
}
