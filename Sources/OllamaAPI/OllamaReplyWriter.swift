internal import APIDoors
internal import Chat
internal import Engine
internal import Foundation
internal import JSON
internal import Serving

/// Which of the two endpoints answers: they differ in how a piece of text is spelt.
enum OllamaReplyKind: Sendable {
    case chat
    case generate
}

/// A piece of a reply, or all of it.
struct OllamaPiece: Sendable {
    var content = ""
    var thinking = ""
    var toolCalls: [ToolCall] = []
    /// Empty where nobody asked for them.
    var contentTokens: [TokenLikelihood] = []
    var thinkingTokens: [TokenLikelihood] = []

    var isEmpty: Bool {
        content.isEmpty && thinking.isEmpty && toolCalls.isEmpty && contentTokens.isEmpty && thinkingTokens.isEmpty
    }
}

/// Collects output into pieces. Calls are held back until they are complete: Ollama's clients want their arguments whole.
struct OllamaPieces {
    private var openCall: ToolCall?
    /// Why the reply ended, once it has.
    private(set) var reason = "stop"

    mutating func add(_ delta: OutputDelta, to piece: inout OllamaPiece) {
        switch delta {
        case .reasoning(let text): piece.thinking += text
        case .content(let text):
            closeCall(&piece)
            piece.content += text
        case .toolCallBegan(_, let id, let name):
            closeCall(&piece)
            openCall = ToolCall(id: id, name: name, arguments: "")
        case .toolCallArguments(_, let text): openCall?.arguments += text
        }
    }

    /// The reply is complete, and with it the open call.
    mutating func finish(_ reason: String, _ piece: inout OllamaPiece) {
        self.reason = reason
        closeCall(&piece)
    }

    private mutating func closeCall(_ piece: inout OllamaPiece) {
        guard let call = openCall else { return }
        openCall = nil
        piece.toolCalls.append(call)
    }
}

/// How a reply ended.
struct OllamaEnd: Sendable {
    var reason: String
    var usage = TokenUsage()
}

/// Writes the objects of a reply: one for a whole reply, one a line for a stream.
struct OllamaReplyWriter: Sendable {
    let kind: OllamaReplyKind
    let model: String
    let warnings: [RequestWarning]
    /// When the request came.
    let start: ContinuousClock.Instant
    /// How long the model was waited for.
    let loadTime: Duration
    /// What names tokens; nil while there is no reply.
    var likelihoods: TokenLikelihoods?

    func bytes(_ piece: OllamaPiece, end: OllamaEnd? = nil) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.append(key: "model", string: model)
        writer.append(key: "created_at", string: Self.time(Date()))
        switch kind {
        case .chat: Self.write(message: piece, to: &writer)
        case .generate:
            writer.append(key: "response", string: piece.content)
            if !piece.thinking.isEmpty { writer.append(key: "thinking", string: piece.thinking) }
        }
        write(piece.contentTokens, "logprobs", to: &writer)
        write(piece.thinkingTokens, "reasoning_logprobs", to: &writer)
        writer.append(key: "done", bool: end != nil)
        if let end {
            write(end, to: &writer)
            warnings.write(to: &writer)
        }
        writer.endObject()
        return writer.bytes
    }

    static func time(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    private func write(_ tokens: [TokenLikelihood], _ key: String, to writer: inout JSONWriter) {
        guard let likelihoods, !tokens.isEmpty else { return }
        writer.append(key: key)
        likelihoods.write(tokens, to: &writer)
    }

    private static func write(message piece: OllamaPiece, to writer: inout JSONWriter) {
        writer.append(key: "message")
        writer.beginObject()
        writer.append(key: "role", string: "assistant")
        writer.append(key: "content", string: piece.content)
        if !piece.thinking.isEmpty { writer.append(key: "thinking", string: piece.thinking) }
        if !piece.toolCalls.isEmpty {
            writer.append(key: "tool_calls")
            writer.beginArray()
            for call in piece.toolCalls {
                writer.beginObject()
                writer.append(key: "id", string: call.id)
                writer.append(key: "function")
                writer.beginObject()
                writer.append(key: "name", string: call.name)
                writer.append(key: "arguments")
                writer.append(value: .object((try? JSONValue(parsing: call.arguments))?.objectValue ?? [:]))
                writer.endObject()
                writer.endObject()
            }
            writer.endArray()
        }
        writer.endObject()
    }

    private func write(_ end: OllamaEnd, to writer: inout JSONWriter) {
        writer.append(key: "done_reason", string: end.reason)
        let timings = end.usage.timings
        guard end.usage.totalTokens > 0 else { return }
        writer.append(key: "total_duration", int: start.duration(to: .now).nanoseconds)
        writer.append(key: "load_duration", int: loadTime.nanoseconds)
        writer.append(key: "prompt_eval_count", int: end.usage.promptTokens)
        writer.append(key: "prompt_eval_duration", int: timings.prefill.nanoseconds)
        writer.append(key: "eval_count", int: end.usage.completionTokens)
        writer.append(key: "eval_duration", int: timings.decode.nanoseconds)
        end.usage.writeRestoredReasoning(to: &writer)
    }
}

extension Duration {
    fileprivate var nanoseconds: Int { Int(milliseconds * 1e6) }
}
