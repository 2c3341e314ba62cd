import Foundation
import JSON
import Serving
import Terminal

/// One answer to standard output, as text or as JSON.
struct OneShotChat {
    enum Form {
        /// The answer; on a terminal with its reasoning, as in a conversation.
        case text
        /// One object: `model`, `reasoning`, `content`, `finish_reason`, `usage`.
        case json
        /// As it comes: `{"reasoning": …}`, `{"content": …}`, and a last object with `finish_reason` and `usage`.
        case jsonLines
    }

    let backend: any ChatBackend
    let conversation: Conversation
    let preferences: ChatPreferences
    let form: Form

    func run() async throws {
        let start = ContinuousClock.now
        var reasoning = ""
        var content = ""
        var view = ReplyView(preferences.reasoning, on: TerminalDevice.writesTerminal ? TerminalDevice.size : nil)
        var firstText: Duration?
        for try await event in backend.events(for: conversation.request(preferences)) {
            let elapsed = ContinuousClock.now - start
            if form == .text { try write(view.show(event, after: elapsed)) }
            switch event {
            case .notice(let text): Self.note(text)
            case .reasoning(let text):
                firstText = firstText ?? elapsed
                reasoning += text
                try writeLine(["reasoning": .string(text)])
            case .content(let text):
                firstText = firstText ?? elapsed
                content += text
                try writeLine(["content": .string(text)])
            case .readingPrompt, .reasoningEnded: break
            case .finished(let end):
                try finish(end, reasoning: reasoning, content: content, view: &view)
                tell(end, firstText: firstText ?? elapsed, elapsed: elapsed)
            }
        }
    }

    private func finish(_ end: ReplyEnd, reasoning: String, content: String, view: inout ReplyView) throws {
        switch form {
        case .text: try write(view.finish())
        case .jsonLines:
            try writeLine(["finish_reason": .string(end.reason), "usage": end.usage?.json ?? .null])
        case .json:
            let object: JSONObject = [
                "model": .string(backend.modelName),
                "reasoning": reasoning.isEmpty ? .null : .string(reasoning),
                "content": .string(content),
                "finish_reason": .string(end.reason),
                "usage": end.usage?.json ?? .null,
            ]
            try write(JSONValue.object(object).serialized(.spaced) + "\n")
        }
    }

    /// What belongs beside the answer, not into it.
    private func tell(_ end: ReplyEnd, firstText: Duration, elapsed: Duration) {
        if end.reason == "length", form == .text { Self.note("the limit of tokens was reached") }
        guard preferences.showsStatistics, let usage = end.usage else { return }
        var statistics = ReplyStatistics()
        statistics.add(usage, firstText: firstText, end: elapsed)
        Self.note(statistics.line)
    }

    private func writeLine(_ object: JSONObject) throws {
        guard form == .jsonLines else { return }
        try write(JSONValue.object(object).serialized(.spaced) + "\n")
    }

    private func write(_ text: String) throws {
        guard !text.isEmpty else { return }
        try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    }

    private static func note(_ text: String) {
        FileHandle.standardError.write(Data("ponder: \(SafeText.line(text))\n".utf8))
    }
}

extension ReplyUsage {
    /// OpenAI's `usage` object.
    fileprivate var json: JSONValue {
        [
            "prompt_tokens": .number(promptTokens), "completion_tokens": .number(completionTokens),
            "total_tokens": .number(promptTokens + completionTokens),
            "prompt_tokens_details": ["cached_tokens": .number(cachedTokens)],
            "completion_tokens_details": ["reasoning_tokens": .number(reasoningTokens)],
        ]
    }
}

extension ChatBackend {
    /// The events of a reply as a sequence. Ending its iteration ends the generation.
    func events(for request: ChatRequest) -> AsyncThrowingStream<ReplyEvent, any Error> {
        AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    try await reply(to: request) { continuation.yield($0) }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}
