internal import JSON

/// What a server may do without: its checks are left out where it does.
enum Feature: Sendable {
    case reasoning, tools, schemas, logprobs, completions, embeddings, responses, anthropic, ollama, metrics, keys

    /// Whose answer tells whether it is there.
    var scenario: Scenario? {
        switch self {
        case .reasoning: .chatWhole
        case .tools: .toolsAuto
        case .schemas: .schema
        case .logprobs: .logprobs
        case .completions: .completion
        case .embeddings: .embedding
        case .responses: .response
        case .anthropic: .message
        case .ollama: .ollamaChat
        case .metrics: .metrics
        case .keys: nil
        }
    }

    /// Why it is not there; nil where it is, or where that is for the check to find out.
    func absence(in evidence: Evidence) -> String? {
        guard let scenario else { return evidence.subject.hasKey ? nil : "examined with --api-key alone" }
        guard let transcript = try? evidence.raw(scenario) else { return "its request could not be made" }
        if self == .reasoning {
            guard transcript.status == 200, let json = transcript.json else { return "chats fail" }
            let reply = ChatReply(json)
            return reply.reasoning.isEmpty && !reply.content.contains("</think>") ? "the model did not think" : nil
        }
        guard [400, 403, 404, 405, 422, 500, 501].contains(transcript.status) else { return nil }
        return "not offered: \(transcript.complaint)"
    }
}
