internal import Chat
internal import Sampling
internal import Tokenization
internal import Tokens

extension InferenceService {
    /// Reads raw output of a model as a reply of `chat` would be read, by the same machine.
    ///
    /// - Parameters:
    ///   - text: what the model wrote, tags included.
    ///   - startsInReasoning: whether the prompt had opened a think block; nil goes by the text: output that closes a
    ///     block before it opens one began inside it.
    ///   - parsesToolCalls: whether tool-call tags mean calls.
    ///   - name: the model.
    /// - Returns: the reply without a finish.
    /// - Throws: ``ServingError`` where there is no such model, or where it cannot chat.
    public func parse(
        _ text: String, startsInReasoning: Bool? = nil, parsesToolCalls: Bool = true, model name: String? = nil
    ) throws(ServingError) -> ChatResult.Choice {
        let model = try registry.model(named: name)
        guard let format = model.chatFormat else { throw .chatTemplateMissing(model: model.name) }
        let tokens = model.tokenizer.encode(text)
        let isInside = startsInReasoning ?? Self.closesBeforeItOpens(tokens, model.outputTokens)
        let start: OutputPhase = isInside ? .reasoning : .content
        var machine = OutputMachine(tokens: model.outputTokens, start: start, parsesToolCalls: parsesToolCalls)
        var parser = format.makeParser(for: Prompt(text: "", ids: [], startPhase: start))
        var deltas: [OutputDelta] = []
        for token in tokens {
            if machine.isEnd(token) { break }
            let label = machine.accept(token)
            deltas += parser.consume([
                SampledToken(id: token, phase: label.phase, isStructural: label.isStructural)
            ])
        }
        deltas += parser.finish()
        var result = ChatResult(choiceCount: 1)
        for delta in deltas {
            result.add(.delta(choice: 0, delta, tokens: []))
        }
        return result.choices[0]
    }

    private static func closesBeforeItOpens(_ tokens: [TokenID], _ tags: OutputGrammarTokens) -> Bool {
        let first = tokens.first { $0 == tags.thinkOpen || $0 == tags.thinkClose }
        return first != nil && first == tags.thinkClose
    }
}
