internal import Chat
internal import ConstrainedDecoding
internal import Sampling
internal import Tokens

/// What the answer to a chat is held to once its thinking is over: an output format, calls of tools, or either of them.
///
/// Where tools may be called and no format is asked for, text stays free; a call is held to its tool's schema from its
/// opening tag on.
struct AnswerConstraint {
    /// Follows an answer from its beginning; nil where nothing is asked for.
    private(set) var matcher: (any TokenConstraint)?
    private(set) var warnings: [ServingWarning] = []
    /// How parameters are spelled where calls are written as elements.
    private(set) var spellings: ParameterSpellings = [:]
    /// Which calls the answer may make.
    let tools: ToolMode

    /// Whether tags of tool calls are calls.
    var readsCalls: Bool { tools != .none }

    init(_ request: ChatRequest, format: ChatFormat, model: ServedModel, thinks: Bool) throws(ServingError) {
        let tools = try Self.callableTools(request)
        self.tools = ToolMode(tools.map(\.name), areDemanded: request.toolUse == .required)
        let begun = request.continuesFinalMessage ? request.messages.last : nil
        let beginning = begun.map(format.answerBegun) ?? []
        guard let calls = try Self.calls(of: tools, request, format, model) else {
            if let grammar = try model.grammar(request.options, mayThink: thinks) {
                hold(to: grammar, thinks: thinks, behind: beginning, hasForm: true)
            }
            return
        }
        let grammar: CompiledGrammar
        if request.toolUse == .automatic, request.options.constraint == nil {
            if calls.count == .one {
                try Self.refuseEndlessness(request)
            }
            var single = calls
            single.count = .one
            grammar = try model.toolGrammar(single, mayThink: false)
            matcher = ToolCallMatcher(call: grammar, calls: calls)
        } else {
            try Self.refuseEndlessness(request)
            grammar = try model.toolGrammar(calls, mayThink: thinks)
            hold(to: grammar, thinks: thinks, behind: beginning, hasForm: calls.alternative != nil)
        }
        spellings = grammar.spellings
        warnings += grammar.omissions.map { ServingWarning(field: .tools, message: $0.message) }
    }

    /// Follows an answer, or what goes on with one: the whole of it is held to its form, and where no answer of that form
    /// begins so, the rest.
    private mutating func hold(
        to grammar: CompiledGrammar, thinks: Bool, behind beginning: [TokenID], hasForm: Bool
    ) {
        guard !beginning.isEmpty else {
            matcher = grammar.makeMatcher(allowsThinking: thinks)
            return
        }
        let rest = grammar.makeMatcher(behind: beginning)
        matcher = rest ?? grammar.makeMatcher()
        if rest == nil, hasForm {
            warnings.append(
                ServingWarning(
                    field: .constraint,
                    message: "No answer of this form begins as the last message does; the form begins behind it."))
        }
    }

    /// The tools that may be called.
    private static func callableTools(_ request: ChatRequest) throws(ServingError) -> [ToolDefinition] {
        for name in request.callableTools ?? [] where !request.tools.contains(where: { $0.name == name }) {
            throw .invalidValue(
                field: .toolChoice,
                message: "'tool_choice' names the tool '\(name.prefix(80))', which is not among 'tools'.")
        }
        guard request.toolUse != .forbidden else { return [] }
        let tools = request.tools.filter { request.callableTools?.contains($0.name) ?? true }
        guard request.toolUse != .required || !tools.isEmpty else {
            throw .invalidValue(field: .toolChoice, message: "'tool_choice' demands a call, but there are no 'tools'.")
        }
        return tools
    }

    /// Nil where there are no calls, or where the model has no tags for them.
    private static func calls(
        of tools: [ToolDefinition], _ request: ChatRequest, _ format: ChatFormat, _ model: ServedModel
    ) throws(ServingError) -> ToolCallDefinition? {
        guard !tools.isEmpty else { return nil }
        guard let open = model.outputTokens.toolCallOpen, let close = model.outputTokens.toolCallClose else {
            guard request.toolUse != .required else {
                throw .unsupportedValue(
                    field: .toolChoice,
                    message: "The model '\(model.name)' has no tags for tool calls, so that none can be demanded.")
            }
            return nil
        }
        return ToolCallDefinition(
            tools: tools.map { CallableTool(name: $0.name, parameters: $0.parameters, isStrict: $0.isStrict) },
            notation: format.toolCallNotation, open: open, close: close,
            count: request.allowsParallelToolCalls ? .oneOrMore : .one,
            alternative: request.toolUse == .required ? nil : request.options.constraint)
    }

    private static func refuseEndlessness(_ request: ChatRequest) throws(ServingError) {
        guard request.options.ignoresEnd else { return }
        let field = request.toolUse == .required ? RequestField.toolChoice : .tools
        throw .invalidValue(
            field: field, message: "'ignore_eos' cannot be combined with an output that ends by its grammar.")
    }
}

extension ServedModel {
    /// The grammar of tool calls, and of what may stand in their place.
    fileprivate func toolGrammar(_ calls: ToolCallDefinition, mayThink: Bool) throws(ServingError) -> CompiledGrammar {
        do {
            return try constraints.compile(.toolCalls(calls), allowsLineFeedsBefore: mayThink)
        } catch {
            if let alternative = calls.alternative {
                // Which of both is to blame shows where the format stands alone.
                _ = try grammar(GenerationOptions(constraint: alternative), mayThink: mayThink)
            }
            throw .unsupportedValue(field: .tools, message: error.message)
        }
    }
}
