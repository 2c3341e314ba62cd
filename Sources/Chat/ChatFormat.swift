public import JSON
public import Sampling
internal import Templates
public import Tokenization
public import Tokens

/// How a model is talked to: its chat template, and the structural tokens that its tokenizer has.
public struct ChatFormat: Sendable {
    /// The ids of think and tool tags, and of the ends of a turn; nil and none where the tokenizer lacks them.
    public let outputTokens: OutputGrammarTokens
    /// How the model is told to write tool calls.
    public let toolCallNotation: ToolCallNotation

    /// The template as it was written.
    public let source: String
    private let template: Template
    private let tokenizer: Tokenizer
    private let variables: JSONObject
    private let messages: TemplateMessages
    private let turnStart: TokenID?
    /// Whether the template has a variable that switches thinking.
    public let hasThinkingSwitch: Bool
    /// Whether the template mentions think blocks.
    let knowsThinking: Bool
    /// Whether the template has a place for reasoning that comes apart from the content.
    var readsReasoning: Bool { messages.readsReasoning }
    /// All that looks like a name in the template.
    private let words: Set<String>
    /// Whether the template itself keeps the reasoning of earlier turns where it is told to.
    private let readsPreserveThinking: Bool
    /// What callers' text may become: the tags of tool calls and results, which agents write into their messages.
    private let callerTokens: Set<TokenID>

    /// Reads the Jinja source that came with the model. `variables` are what it may read besides the conversation, such as
    /// `bos_token`.
    public init(template: String, tokenizer: Tokenizer, variables: JSONObject = [:]) throws(ChatError) {
        do {
            self.template = try Template(template)
        } catch {
            throw ChatError(field: "template", reason: "\(error)")
        }
        source = template
        self.tokenizer = tokenizer
        self.variables = variables
        messages = TemplateMessages(template: template)
        hasThinkingSwitch = template.firstRange(of: "enable_thinking") != nil
        knowsThinking = template.firstRange(of: "<think>") != nil
        readsPreserveThinking = template.firstRange(of: "preserve_thinking") != nil
        words = Set(template.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init))
        toolCallNotation = template.firstRange(of: "<function=") == nil ? .json : .elements
        turnStart = tokenizer.token("<|im_start|>")
        let tags = ["<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"]
        callerTokens = Set(tags.compactMap(tokenizer.token))
        outputTokens = OutputGrammarTokens(
            thinkOpen: tokenizer.token("<think>"), thinkClose: tokenizer.token("</think>"),
            toolCallOpen: tokenizer.token("<tool_call>"), toolCallClose: tokenizer.token("</tool_call>"),
            ends: Set(["<|im_end|>", "<|endoftext|>"].compactMap(tokenizer.token)))
    }

    /// The same tokenizer and variables with another template.
    public func replacing(template: String) throws(ChatError) -> ChatFormat {
        try ChatFormat(template: template, tokenizer: tokenizer, variables: variables)
    }

    /// Whether the template may read a variable of this name: certainly not where it never has the word.
    public func mentions(_ variable: String) -> Bool {
        words.contains(variable)
    }

    /// Renders and encodes a conversation.
    ///
    /// What the template wrote may become any added token. What callers wrote becomes text, but for the tags of tool calls
    /// and results; the whole is encoded in one pass, so that prompts without forged markup have the reference's ids.
    public func prompt(for request: ChatPromptRequest) throws(ChatError) -> Prompt {
        guard !(request.continuesFinalMessage && request.addsGenerationPrompt) else {
            throw ChatError(
                field: "continue_final_message", reason: "cannot be combined with add_generation_prompt")
        }
        var rendered: RenderedText
        if request.continuesFinalMessage {
            rendered = try OpenEnding(of: request, messages: messages).render { context throws(ChatError) in
                try render(request, messages: context)
            }
        } else if request.keepsEarlierReasoning, !readsPreserveThinking {
            var earlier = EarlierReasoning()
            rendered = try render(request, messages: earlier.marked(request.messages, by: messages))
            rendered = earlier.restored(rendered)
        } else {
            rendered = try render(request, messages: request.messages.map { messages.json($0) })
        }
        let ids = tokenizer.encode(
            rendered.segments.map { segment in
                TextSpan(segment.text, addedTokens: segment.origin == .template ? .all : .only(callerTokens))
            })
        return Prompt(
            text: rendered.text, ids: ids, startPhase: startPhase(after: ids),
            continuesText: request.continuesFinalMessage)
    }

    /// The text of an answer that is to be continued, as far as a message has it: none while its think block is open.
    public func answerBegun(in message: ChatMessage) -> [TokenID] {
        tokenizer.encode([TextSpan(TemplateMessages.answer(in: message), addedTokens: .none)])
    }

    /// A parser for the output that follows a prompt.
    ///
    /// - Parameters:
    ///   - prompt: tells how the output begins.
    ///   - stops: what ends its text.
    ///   - spellings: how the parameters of each tool stand in elements.
    ///   - callsAreHeld: whether what follows the opening tag of a call can only be a call: if it is cut off before it has a
    ///     name, it is left out, and is not given back as text.
    ///   - keepsLastLineFeeds: whether line feeds at the end of the answer belong to it, since it is held to a form.
    /// - Returns: a parser at the output's beginning.
    public func makeParser(
        for prompt: Prompt, stops: StopConditions = StopConditions(), spellings: ParameterSpellings = [:],
        callsAreHeld: Bool = false, keepsLastLineFeeds: Bool = false
    ) -> AssistantOutputParser {
        AssistantOutputParser(
            tokenizer: tokenizer, tokens: outputTokens, stops: stops, startPhase: prompt.startPhase,
            continuesText: prompt.continuesText, spellings: spellings, callsAreHeld: callsAreHeld,
            keepsLastLineFeeds: keepsLastLineFeeds)
    }

    private func render(_ request: ChatPromptRequest, messages: [JSONValue]) throws(ChatError) -> RenderedText {
        var context = variables
        for (name, value) in request.variables {
            context[name] = value
        }
        context["messages"] = .array(messages)
        context["tools"] = request.tools.isEmpty ? .null : .array(request.tools.map(\.json))
        context["add_generation_prompt"] = .bool(request.addsGenerationPrompt)
        if let thinking = request.thinking {
            context["enable_thinking"] = .bool(thinking)
        }
        if request.keepsEarlierReasoning {
            context["preserve_thinking"] = true
        }
        do {
            return try template.render(context)
        } catch {
            throw ChatError(field: "template", reason: "\(error)")
        }
    }

    /// Reasoning if the last turn opens a think block and does not close it. Callers' text cannot hold these tokens.
    private func startPhase(after ids: [TokenID]) -> OutputPhase {
        guard let open = outputTokens.thinkOpen else { return .content }
        for id in ids.reversed() {
            if id == open { return .reasoning }
            if id == outputTokens.thinkClose || id == turnStart { break }
        }
        return .content
    }
}
