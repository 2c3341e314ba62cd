import Synchronization
public import Tokens

/// What a scripted model is to say: replies to prompts, written down before.
public final class PreparedReplies: Sendable {
    private struct Entry {
        var prompt: [TokenID]
        var reply: [TokenID]
        /// Grows from preparation to preparation.
        var number: Int
    }

    private struct Entries {
        var byPrompt: [[TokenID]: Entry] = [:]
        /// How long prompts are.
        var lengths: Set<Int> = []
        var last: Entry?

        /// What was prepared for beginnings of the tokens, the newest first: it is what a test asks for next.
        func matching(_ tokens: [TokenID]) -> [Entry] {
            lengths.filter { $0 <= tokens.count }.compactMap { byPrompt[Array(tokens.prefix($0))] }
                .sorted { $0.number > $1.number }
        }
    }

    private let entries = Mutex(Entries())
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
            let entry = Entry(prompt: prompt, reply: reply, number: (entries.last?.number ?? 0) + 1)
            entries.byPrompt[prompt] = entry
            entries.lengths.insert(prompt.count)
            entries.last = entry
        }
    }

    /// The token that follows the given ones: for ``ScriptedModel/choosing(_:)``.
    public func next(after tokens: [TokenID]) -> TokenID {
        let prepared = entries.withLock { entries in
            entries.last.flatMap { following($0, tokens) }
                ?? entries.matching(tokens).lazy.compactMap { self.following($0, tokens) }.first
        }
        return prepared ?? improvise(tokens)
    }

    /// The token behind the given ones if they are the prompt and a beginning of the reply, or go on past it, where end tokens
    /// end nothing.
    private func following(_ entry: Entry, _ tokens: [TokenID]) -> TokenID? {
        guard tokens.starts(with: entry.prompt) else { return nil }
        let said = tokens.dropFirst(entry.prompt.count)
        if said.count < entry.reply.count {
            return entry.reply.starts(with: said) ? entry.reply[said.count] : nil
        }
        return said.starts(with: entry.reply) ? end : nil
    }
}
