public import Sampling
internal import Tokenization
internal import Tokens

/// Assembles a reply from the tokens that the model wrote: tokens in, deltas out.
///
/// Which token belongs to what, the output machine has decided already; here it becomes text. The concatenated deltas do not
/// depend on how the tokens were cut. Line feeds around reasoning and around content are dropped, an empty think block
/// leaves no trace, and text ends before (or, if asked for, behind) the first stop string.
public struct AssistantOutputParser: Sendable {
    private let tokenizer: Tokenizer
    private let tokens: OutputGrammarTokens
    private let stops: StopConditions
    private let spellings: ParameterSpellings
    private let callsAreHeld: Bool
    private let makeCallID: @Sendable () -> String
    private var reasoning: OutputText
    private var content: OutputText
    private var call: ToolCallParser?
    private var callCount = 0
    private var phase: OutputPhase

    init(
        tokenizer: Tokenizer, tokens: OutputGrammarTokens, stops: StopConditions, startPhase: OutputPhase,
        continuesText: Bool, spellings: ParameterSpellings = [:], callsAreHeld: Bool = false,
        keepsLastLineFeeds: Bool = false, makeCallID: @escaping @Sendable () -> String = CallID.random
    ) {
        self.tokenizer = tokenizer
        self.tokens = tokens
        self.stops = stops
        self.spellings = spellings
        self.callsAreHeld = callsAreHeld
        self.makeCallID = makeCallID
        phase = startPhase
        reasoning = OutputText(
            stopStrings: stops.listens(to: .reasoning) ? stops.strings : [], includesStopText: stops.includesStopText,
            skipsLeadingLineFeeds: stops.skipsLeadingLineFeeds,
            continuesText: continuesText && startPhase == .reasoning)
        content = OutputText(
            stopStrings: stops.listens(to: .content) ? stops.strings : [], includesStopText: stops.includesStopText,
            skipsLeadingLineFeeds: stops.skipsLeadingLineFeeds,
            continuesText: continuesText && startPhase == .content, keepsLastNewlines: keepsLastLineFeeds)
    }

    /// What these tokens add to the reply; adjacent text of one kind comes as one delta.
    public mutating func consume(_ tokens: [SampledToken]) -> [OutputDelta] {
        var deltas: [OutputDelta] = []
        for token in tokens where !isStopped {
            if token.phase != phase {
                leavePhase(&deltas)
                phase = token.phase
            }
            if token.isStructural {
                consumeStructure(token.id, &deltas)
            } else if stops.includesStopText || !stops.tokenIDs.contains(token.id) {
                consumeText(token.id, &deltas)
            }
        }
        return deltas
    }

    /// What was held back, when no more tokens will come.
    public mutating func finish() -> [OutputDelta] {
        var deltas: [OutputDelta] = []
        if !isStopped {
            leavePhase(&deltas)
        }
        return deltas
    }

    private var isStopped: Bool { content.isStopped || reasoning.isStopped }

    private mutating func consumeText(_ id: TokenID, _ deltas: inout [OutputDelta]) {
        // Control tokens that a model writes by mistake are no text.
        guard !tokenizer.isSpecial(id) else { return }
        var bytes: [UInt8] = []
        tokenizer.appendBytes(of: id, to: &bytes)
        switch phase {
        case .reasoning: deltas.append(joining: .reasoning(reasoning.consume(bytes)))
        case .content: deltas.append(joining: .content(content.consume(bytes)))
        case .toolCall:
            openCall()
            for delta in call?.consume(bytes) ?? [] {
                deltas.append(joining: delta)
            }
        }
    }

    private mutating func consumeStructure(_ id: TokenID, _ deltas: inout [OutputDelta]) {
        if phase == .toolCall && id == tokens.toolCallOpen {
            closeCall(tag: "", &deltas)
            openCall()
        } else if phase == .toolCall && id == tokens.toolCallClose {
            closeCall(tag: "</tool_call>", &deltas)
        }
    }

    private mutating func leavePhase(_ deltas: inout [OutputDelta]) {
        switch phase {
        case .reasoning: deltas.append(joining: .reasoning(reasoning.interrupt()))
        case .content: deltas.append(joining: .content(content.interrupt()))
        case .toolCall: closeCall(tag: "", &deltas)
        }
    }

    private mutating func openCall() {
        if call == nil {
            call = ToolCallParser(index: callCount, id: makeCallID(), spellings: spellings)
        }
    }

    private mutating func closeCall(tag: String, _ deltas: inout [OutputDelta]) {
        guard var finished = call.take() else { return }
        if let rest = finished.finish(isClosed: !tag.isEmpty) {
            callCount += 1
            for delta in rest {
                deltas.append(joining: delta)
            }
        } else if !callsAreHeld || !tag.isEmpty {
            let text = Array("<tool_call>".utf8) + finished.rawBytes + Array(tag.utf8)
            deltas.append(joining: .content(content.consumeUnheard(text)))
        }
    }
}

/// The identifiers of tool calls.
private enum CallID {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")

    /// `call_` and 24 characters that nobody can guess.
    @Sendable static func random() -> String {
        "call_" + String((0..<24).compactMap { _ in alphabet.randomElement() })
    }
}

extension [OutputDelta] {
    /// Appends a delta, as part of the last one where it goes on with the same text; empty text is left out.
    fileprivate mutating func append(joining delta: OutputDelta) {
        switch (last, delta) {
        case (_, .reasoning("")), (_, .content("")):
            break
        case (.reasoning(let text), .reasoning(let more)):
            self[count - 1] = .reasoning(text + more)
        case (.content(let text), .content(let more)):
            self[count - 1] = .content(text + more)
        case (.toolCallArguments(let index, let text), .toolCallArguments(let next, let more)) where index == next:
            self[count - 1] = .toolCallArguments(index: index, text + more)
        default:
            append(delta)
        }
    }
}
