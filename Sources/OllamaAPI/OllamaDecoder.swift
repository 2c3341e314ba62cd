internal import APIDoors
internal import Chat
internal import ConstrainedDecoding
internal import JSON
internal import Serving

/// What `/api/chat` and `/api/generate` are asked for.
struct OllamaCall {
    enum Work {
        case chat(ChatRequest)
        case raw(CompletionRequest)
        /// Nothing is to be said: the model is only to be loaded.
        case load
        /// The model is to be given up.
        case unload
    }

    var model: String
    var work: Work
    var streams: Bool
    var keepAlive: KeepAlive?
    var remarks: RequestRemarks
}

/// Body to ``OllamaCall``: types and spellings are checked, every complaint names its field.
struct OllamaDecoder {
    private static let fieldNames: [RequestField: String] = [
        .constraint: "format",
        .maximumTokens: "options.num_predict", .temperature: "options.temperature", .topP: "options.top_p",
        .topK: "options.top_k", .minP: "options.min_p", .stop: "options.stop",
        .repetitionPenalty: "options.repeat_penalty", .presencePenalty: "options.presence_penalty",
        .frequencyPenalty: "options.frequency_penalty",
    ]

    private var root: FieldReader
    private var remarks: RequestRemarks
    private let budgets: ThinkingBudgets

    private init(_ body: JSONObject, settings: APISettings) throws(APIError) {
        root = FieldReader(body)
        budgets = settings.thinkingBudgets
        remarks = try RequestRemarks(from: &root, settings: settings, fieldNames: Self.fieldNames)
    }

    static func call(
        _ kind: OllamaReplyKind, from body: JSONObject, settings: APISettings
    ) throws(APIError) -> OllamaCall {
        var decoder = try OllamaDecoder(body, settings: settings)
        switch kind {
        case .chat: return try decoder.chat()
        case .generate: return try decoder.generate()
        }
    }

    private mutating func chat() throws(APIError) -> OllamaCall {
        let messages = try messages()
        return try call(isEmpty: messages.isEmpty) { (decoder: inout OllamaDecoder) throws(APIError) in
            .chat(try decoder.request(messages))
        }
    }

    private mutating func generate() throws(APIError) -> OllamaCall {
        let prompt = try root.string("prompt") ?? ""
        let system = try root.string("system") ?? ""
        let isRaw = try root.bool("raw") ?? false
        for key in ["suffix", "template"] {
            if let text = try root.string(key), !text.isEmpty {
                throw root.unsupported(key, "'\(key)' is not supported.")
            }
        }
        if let images = try root.array("images"), !images.isEmpty {
            throw root.unsupported("images", "This model reads text only.")
        }
        return try call(isEmpty: prompt.isEmpty) { (decoder: inout OllamaDecoder) throws(APIError) in
            guard !isRaw else {
                if try decoder.root.bool("reasoning_logprobs") == true {
                    decoder.root.warn("reasoning_logprobs", "Raw text has no reasoning; it has no effect.")
                }
                return .raw(CompletionRequest(prompts: [.text(prompt)], options: try decoder.options()))
            }
            var messages = system.isEmpty ? [] : [ChatMessage(role: .system, content: system)]
            messages.append(ChatMessage(role: .user, content: prompt))
            return .chat(try decoder.request(messages))
        }
    }

    private mutating func call(
        isEmpty: Bool, _ work: (inout OllamaDecoder) throws(APIError) -> OllamaCall.Work
    ) throws(APIError) -> OllamaCall {
        guard let model = try root.string("model") else { throw root.missing("model") }
        let streams = try root.bool("stream") ?? true
        let keepAlive = try root.keepAlive()
        // What says nothing to generate is checked all the same.
        let asked = try work(&self)
        let found = isEmpty ? (keepAlive == .time(.zero) ? OllamaCall.Work.unload : .load) : asked
        for key in ["options", "format", "tools", "logprobs", "top_logprobs"] where isEmpty && root.value(key) != nil {
            root.warn(key, "Nothing is generated; it has no effect.")
        }
        try RefusedFields.refuse(&root)
        try remarks.finish(root)
        return OllamaCall(model: model, work: found, streams: streams, keepAlive: keepAlive, remarks: remarks)
    }

    private mutating func messages() throws(APIError) -> [ChatMessage] {
        var messages: [ChatMessage] = []
        for (index, element) in (try root.array("messages") ?? []).enumerated() {
            let path = root.path.appending(key: "messages").appending(index: index)
            if element["images"]?.arrayValue?.isEmpty == false {
                throw .unsupported(path.appending(key: "images").description, "This model reads text only.")
            }
            do {
                messages.append(try ChatMessage(json: element, path: path))
            } catch {
                throw .invalid(error.field, "'\(error.field)': \(error.reason).")
            }
            takeMessage(element, path)
        }
        return messages
    }

    /// Warns of what nobody reads of a message.
    private mutating func takeMessage(_ message: JSONValue, _ path: JSONPath) {
        var reader = FieldReader(message.objectValue ?? [:], path: path)
        reader.passOver(
            "role", "content", "thinking", "reasoning", "reasoning_content", "reasoning_details", "images",
            "tool_call_id", "tool_name", "id", "function_call")
        for (index, element) in (reader.value("tool_calls")?.arrayValue ?? []).enumerated() {
            let path = path.appending(key: "tool_calls").appending(index: index)
            var call = FieldReader(element.objectValue ?? [:], path: path)
            call.passOver("id", "type")
            var function = FieldReader(
                call.value("function")?.objectValue ?? [:], path: path.appending(key: "function"))
            function.passOver("name", "arguments", "index")
            call.take(function)
            reader.take(call)
        }
        root.take(reader)
    }

    private mutating func request(_ messages: [ChatMessage]) throws(APIError) -> ChatRequest {
        let thinking = try root.think("think")
        let last = messages.last
        var options = try options()
        options.reportsReasoningTokens = try root.bool("reasoning_logprobs") ?? false
        if options.reportsReasoningTokens, options.logProbabilityCount == nil {
            root.warn("reasoning_logprobs", "It has no effect without 'logprobs'.")
        }
        return ChatRequest(
            messages: messages, tools: try tools(), thinking: thinking?.thinks,
            thinkingBudget: thinking.flatMap { budgets[$0] },
            restoresReasoning: try root.bool("restore_reasoning"),
            continuesFinalMessage: last?.role == .assistant && last?.toolCalls.isEmpty == true,
            options: options)
    }

    private mutating func tools() throws(APIError) -> [ToolDefinition] {
        var tools: [ToolDefinition] = []
        for (index, element) in (try root.array("tools") ?? []).enumerated() {
            let path = root.path.appending(key: "tools").appending(index: index)
            var tool = try FieldReader.object(element, path: path)
            guard var function = try tool.reader("function") else { throw tool.missing("function") }
            guard let name = try function.string("name") else { throw function.missing("name") }
            guard !name.isEmpty else {
                throw function.invalid("name", "'\(function.path(of: "name"))' must not be empty.")
            }
            tools.append(ToolDefinition(json: element))
            function.passOver("description", "parameters", "strict")
            tool.passOver("type")
            let shown = "Unknown field; the model is shown it, and nothing else comes of it."
            tool.take(function, unknown: shown)
            root.take(tool, unknown: shown)
        }
        return tools
    }

    /// Structured output enters here.
    /// `"json"`, or a schema.
    private mutating func format() throws(APIError) -> ConstraintDefinition? {
        guard let format = root.value("format"), format != "" else { return nil }
        if format == "json" { return .jsonObject }
        guard case .object = format else {
            throw root.invalid("format", "'format' must be 'json' or a JSON Schema.")
        }
        return .jsonSchema(format)
    }

    private mutating func logProbabilityCount() throws(APIError) -> Int? {
        let count = try root.integer("top_logprobs")
        guard try root.bool("logprobs") ?? false else {
            if let count, count != 0 { root.warn("top_logprobs", "It has no effect without 'logprobs'.") }
            return nil
        }
        return count ?? 0
    }

    private mutating func options() throws(APIError) -> GenerationOptions {
        var options = GenerationOptions()
        options.constraint = try format()
        options.ropeFactor = try root.number("rope_factor")
        options.logProbabilityCount = try logProbabilityCount()
        guard var given = try root.reader("options") else { return options }
        options.maximumTokens = try given.integer("num_predict").flatMap { $0 < 0 ? nil : $0 }
        options.temperature = try given.number("temperature")
        options.topK = try given.integer("top_k")
        options.topP = try given.number("top_p")
        options.minP = try given.number("min_p")
        options.seed = try given.integer("seed").map { UInt64(bitPattern: Int64($0)) }
        options.repetitionPenalty = try given.number("repeat_penalty")
        options.presencePenalty = try given.number("presence_penalty")
        options.frequencyPenalty = try given.number("frequency_penalty")
        options.stopStrings = try given.stringOrStrings("stop") ?? []
        remarks.warnings.warnOfUnknown(given)
        return options
    }
}
