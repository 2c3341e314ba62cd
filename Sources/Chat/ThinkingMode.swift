internal import Sampling

/// Whether a model thinks before it answers, as its chat template has it.
public enum ThinkingMode: String, Sendable {
    /// Requests switch it on and off.
    case hybrid
    /// Every turn of the model's begins inside a think block.
    case always
    /// The template knows think blocks, but neither opens one nor has a switch: the model decides.
    case automatic
    /// The template knows no think blocks.
    case never
}

extension ChatFormat {
    /// Found out by rendering a short conversation.
    public var thinkingMode: ThinkingMode {
        if hasThinkingSwitch { return .hybrid }
        let question = ChatPromptRequest(messages: [ChatMessage(role: .user, content: "Hi")])
        if let prompt = try? prompt(for: question), prompt.startPhase == .reasoning { return .always }
        return knowsThinking ? .automatic : .never
    }
}
