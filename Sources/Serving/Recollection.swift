internal import Chat

/// Puts back into a conversation what the model thought before its earlier steps, where the client left it out, and keeps what
/// it thinks before this one.
///
/// A step goes by two names. One is what it said and called, with the calls' ids, which this server drew and nobody can guess.
/// The other, for clients that keep no ids, is what it said and called and all that stood before it. Both hold whose request
/// it is: what one key was answered with is nothing to another.
struct Recollection: Sendable {
    private let memory: ReasoningMemory
    private let conversation: ConversationName
    private let keepsAllReplies: Bool
    /// How many messages got their reasoning back.
    private(set) var restoredCount = 0

    /// Puts back what can be: into messages whose reasoning the template would show.
    init(
        _ memory: ReasoningMemory, owner: [UInt8]?, salt: String?, format: ChatFormat,
        restoringIn request: inout ChatPromptRequest
    ) {
        self.memory = memory
        // Their replies may come back: to be gone on with, or because all reasoning is wanted again.
        keepsAllReplies = request.keepsEarlierReasoning
        var conversation = ConversationName(owner: owner, salt: salt)
        let places = format.reasoningPlaces(of: request)
        for (index, message) in request.messages.enumerated() {
            if places.contains(index), message.role == .assistant, !message.saysWhatItThought, !message.isSilent,
                let thought = memory.recall(conversation.names(of: message))
            {
                request.messages[index].reasoning = thought
                restoredCount += 1
            }
            conversation.append(message)
        }
        self.conversation = conversation
    }

    /// Keeps what was thought before a reply, if it may come back without it.
    func keep(_ reply: ChatMessage, isIncomplete: Bool) {
        guard let thought = reply.reasoning, !thought.isEmpty, !reply.isSilent else { return }
        guard !reply.toolCalls.isEmpty || isIncomplete || keepsAllReplies else { return }
        memory.keep(thought, under: conversation.names(of: reply))
    }
}

extension ChatMessage {
    /// Whether it neither says nor calls anything.
    fileprivate var isSilent: Bool { (content ?? "").isEmpty && toolCalls.isEmpty }
}
