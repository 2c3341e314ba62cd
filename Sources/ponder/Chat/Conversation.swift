import Chat
import Serving

/// The messages so far, with the system prompt first if there is one.
struct Conversation: Hashable, Sendable {
    private(set) var messages: [ChatMessage] = []

    init(_ messages: [ChatMessage] = []) {
        self.messages = messages
    }

    var system: String? {
        messages.first.flatMap { $0.role == .system ? $0.content : nil }
    }

    /// What the model thought before its last answer.
    var lastReasoning: String? {
        messages.last { $0.role == .assistant }?.reasoning
    }

    /// Replaces the system prompt; nil and an empty text take it away.
    mutating func setSystem(_ text: String?) {
        if messages.first?.role == .system { messages.removeFirst() }
        guard let text, !text.isEmpty else { return }
        messages.insert(ChatMessage(role: .system, content: text), at: 0)
    }

    /// Forgets everything but the system prompt.
    mutating func clear() {
        let kept = system
        messages = []
        setSystem(kept)
    }

    mutating func ask(_ text: String) {
        messages.append(ChatMessage(role: .user, content: text))
    }

    /// Takes the last question back, as nothing came of it.
    mutating func withdrawQuestion() {
        if messages.last?.role == .user { messages.removeLast() }
    }

    mutating func answer(reasoning: String?, content: String) {
        messages.append(ChatMessage(role: .assistant, content: content, reasoning: reasoning ?? ""))
    }

    /// Takes the last answer back, so that its question can be asked again.
    ///
    /// - Returns: what was taken; nil where there is no answer to a question.
    mutating func withdrawAnswer() -> [ChatMessage]? {
        guard let question = messages.lastIndex(where: { $0.role == .user }), question < messages.count - 1 else {
            return nil
        }
        defer { messages.removeSubrange((question + 1)...) }
        return Array(messages[(question + 1)...])
    }

    /// Puts back what was taken.
    mutating func restore(_ answer: [ChatMessage]) {
        messages += answer
    }

    /// The request for the next answer.
    ///
    /// A switch inside the last message is the latest instruction, so that it goes before the mode that was set.
    func request(_ preferences: ChatPreferences) -> ChatRequest {
        let question = messages.last { $0.role == .user }?.content ?? ""
        return ChatRequest(
            messages: messages,
            thinking: ChatInstruction.holdsSwitch(question) ? nil : preferences.thinking?.thinks,
            thinkingBudget: preferences.effectiveBudget,
            options: GenerationOptions(
                maximumTokens: preferences.maximumTokens, temperature: preferences.temperature,
                topP: preferences.topP, topK: preferences.topK, seed: preferences.seed)
        )
    }
}
