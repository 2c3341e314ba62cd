extension ChatFormat {
    /// Where in a conversation reasoning of the assistant's becomes part of the prompt: behind the user's last question, or
    /// anywhere where that of earlier turns is kept.
    public func reasoningPlaces(of request: ChatPromptRequest) -> Range<Int> {
        let end = request.messages.count
        guard readsReasoning else { return end..<end }
        if request.keepsEarlierReasoning { return 0..<end }
        guard let question = request.messages.lastIndex(where: \.isQuestion) else { return end..<end }
        return question + 1..<end
    }
}

extension ChatMessage {
    /// Whether a user says something of their own. Some agents hand over what a tool returned as the user's words.
    fileprivate var isQuestion: Bool {
        guard role == .user else { return false }
        let content = (content ?? "").unicodeScalars
        return !content.starts(with: "<tool_response>".unicodeScalars)
            || !content.reversed().starts(with: "</tool_response>".unicodeScalars.reversed())
    }

    /// What an assistant thought as far as the message says: in a member of its own, or at the beginning of its content.
    public var saysWhatItThought: Bool {
        reasoning != nil || (content ?? "").unicodeScalars.starts(with: "<think>".unicodeScalars)
    }
}
