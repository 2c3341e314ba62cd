internal import JSON

extension Scenario {
    /// What structured answers are held to: bounded, so that a model of any wit comes to its end.
    static let itemSchema =
        #"{"type": "object", "properties": {"zeta": {"type": "string", "enum": ["red", "green", "blue"]}, "count": {"type": "integer", "minimum": 1, "maximum": 99}, "alpha": {"type": "array", "items": {"type": "boolean"}, "minItems": 1, "maxItems": 3}}, "required": ["zeta", "count", "alpha"], "additionalProperties": false}"#

    static let schema = structured("structured.schema", format(itemSchema))
    static let schemaStream = structured("structured.schema-stream", format(itemSchema) + #", "stream": true"#)
    static let schemaUnthinking = structured(
        "structured.schema-unthinking",
        format(itemSchema) + #", "chat_template_kwargs": {"enable_thinking": false}"#)
    static let anyObject = structured("structured.object", #""response_format": {"type": "json_object"}"#)
    static let unicodeSchema = structured(
        "structured.unicode",
        format(
            #"{"type": "object", "properties": {"word": {"type": "string", "enum": ["größe 世界 🌍"]}}, "required": ["word"], "additionalProperties": false}"#
        ))
    static let textFormat = structured("structured.text", #""response_format": {"type": "text"}"#)
    static let expression = structured("structured.regex", #""structured_outputs": {"regex": "[0-9]{3}-[a-f]{2}"}"#)
    static let guidedExpression = structured("structured.guided-regex", #""guided_regex": "[0-9]{3}-[a-f]{2}""#)
    static let guidedChoice = structured("structured.guided-choice", #""guided_choice": ["positive", "negative"]"#)
    static let grammar = structured("structured.grammar", #""grammar": "root ::= \"yes\" | \"no\"""#)

    static func format(_ schema: String) -> String {
        #""response_format": {"type": "json_schema", "json_schema": {"name": "item", "strict": true, "schema": \#(schema)}}"#
    }

    static func structured(_ name: String, _ members: String) -> Scenario {
        Scenario(
            name,
            .chat(
                #"{"messages": [{"role": "user", "content": "Describe a thing as JSON."}], "temperature": 0, "max_tokens": 512, \#(members)}"#
            ))
    }
}

extension Check {
    static let structured: [Check] = [
        Check(
            "structured.text", "the format text is taken", .must, from: .textFormat, why: "SDKs send the default"
        ) { evidence in
            _ = try evidence.reply(.textFormat)
        },
        Check(
            "structured.object", "json_object gives an object", .must, complaints: [33], from: .anyObject,
            why: "applications parse it"
        ) { evidence in
            let reply = try evidence.offeredReply(.anyObject)
            switch Result(catching: { () throws(JSONError) in try JSONValue(parsing: reply.content) }) {
            case .success(let value): try require(value.objectValue != nil, "content is \(value.kind)")
            case .failure(let error):
                // What max_tokens cut can only be held to being a beginning.
                let isBeginning = reply.finishReason == "length" && error.offset + 6 >= reply.content.utf8.count
                try require(isBeginning && reply.content.hasPrefix("{"), "content is \(reply.content.prefix(40))")
            }
        },
        Check(
            "structured.schema", "an answer is valid by its schema", .must, complaints: [28, 33], needs: [.schemas],
            from: .schema, why: "strict is a promise"
        ) { evidence in
            try requireItem(try finished(evidence, .schema).content)
        },
        Check(
            "structured.schema-stream", "a streamed answer is valid by its schema", .must, complaints: [33],
            needs: [.schemas],
            from: .schemaStream,
            why: "another code path"
        ) { evidence in
            let stream = try evidence.stream(.schemaStream)
            try presuppose(stream.finishReasons.last != "length", "the reply was cut by max_tokens")
            try requireItem(stream.content)
        },
        Check(
            "structured.schema-unthinking", "an answer without thinking is valid by its schema", .must,
            complaints: [33], needs: [.schemas],
            from: .schemaUnthinking, why: "the grammar waits for a </think> that never comes"
        ) { evidence in
            try requireItem(try finished(evidence, .schemaUnthinking).content)
        },
        Check(
            "structured.thinking", "the schema holds the answer, not the reasoning", .should, complaints: [33],
            needs: [.schemas, .reasoning], from: .schema, why: "thoughts in JSON are no thoughts"
        ) { evidence in
            let reply = try finished(evidence, .schema)
            let reasoning = try? JSONValue(parsing: reply.reasoning)
            try require(!reply.content.isEmpty, "the answer is in the reasoning")
            try require(reasoning?.objectValue == nil, "the reasoning is held to it too")
        },
        Check(
            "structured.keys", "members come in the schema's order", .extra, needs: [.schemas], from: .schema,
            why: "a model that must name the verdict before its reason cannot reason"
        ) { evidence in
            let keys = (try? JSONValue(parsing: finished(evidence, .schema).content))?.objectValue?.keys
            try presuppose(keys != nil, "no object")
            try require(keys == ["zeta", "count", "alpha"], "order: \((keys ?? []).joined(separator: ", "))")
        },
        Check(
            "structured.whitespace", "no white space without end", .should, complaints: [35], needs: [.schemas],
            from: .schema, .anyObject, why: "line feeds until max_tokens"
        ) { evidence in
            for scenario in [Scenario.schema, .anyObject] {
                let longest =
                    try evidence.offeredReply(scenario).content.split { !$0.isWhitespace }.map(\.count).max() ?? 0
                try require(longest <= 40, "\(longest) characters of it in a row")
            }
        },
        Check(
            "structured.unicode", "texts of an enum come out exactly", .should, complaints: [30], needs: [.schemas],
            from: .unicodeSchema, why: "bytes of characters are constrained apart"
        ) { evidence in
            let content = try finished(evidence, .unicodeSchema).content
            let word = (try? JSONValue(parsing: content))?["word"]?.stringValue
            try require(word == "größe 世界 🌍", "word is \(word ?? "missing")")
        },
        Check(
            "structured.regex", "an expression holds", .extra, needs: [.schemas], from: .expression,
            why: "vLLM's structured_outputs"
        ) { evidence in
            try requireCode(try heeded(evidence, .expression).content)
        },
        Check(
            "structured.guided-regex", "guided_regex is obeyed, refused or warned of", .should, complaints: [28],
            from: .guidedExpression, why: "it used to work, and fails open in silence"
        ) { evidence in
            try requireCode(try heeded(evidence, .guidedExpression).content)
        },
        Check(
            "structured.guided-choice", "guided_choice is obeyed, refused or warned of", .should, complaints: [28],
            from: .guidedChoice,
            why: "classifiers depend on it"
        ) { evidence in
            let content = try heeded(evidence, .guidedChoice).content
            try require(["positive", "negative"].contains(content), "content is \(content.prefix(40))")
        },
        Check(
            "structured.grammar", "a grammar is obeyed, refused or warned of", .should, complaints: [28],
            from: .grammar,
            why: "llama.cpp's field"
        ) { evidence in
            let content = try heeded(evidence, .grammar).content
            try require(["yes", "no"].contains(content), "content is \(content.prefix(40))")
        },
    ]

    /// A reply that was not cut.
    private static func finished(_ evidence: Evidence, _ scenario: Scenario) throws -> ChatReply {
        let reply = try evidence.offeredReply(scenario)
        try presuppose(reply.finishReason != "length", "the reply was cut by max_tokens")
        return reply
    }

    /// A reply to a field that is not OpenAI's; nothing to say where the server says that it does not know it.
    private static func heeded(_ evidence: Evidence, _ scenario: Scenario) throws -> ChatReply {
        let reply = try finished(evidence, scenario)
        try presuppose(reply.warnings.isEmpty, "warned of: \(reply.warnings.first?.serialized().prefix(80) ?? "")")
        return reply
    }

    private static func requireItem(_ text: String) throws {
        let value = try require(
            try? JSONValue(parsing: text), "content is no JSON: \(text.prefix(40).debugDescription)")
        let schema = try require(try? JSONValue(parsing: Scenario.itemSchema), "the schema cannot be read")
        let fault = SchemaShape.fault(of: value, by: schema)
        try require(fault == nil, fault ?? "")
    }

    /// `[0-9]{3}-[a-f]{2}`
    private static func requireCode(_ text: String) throws {
        let bytes = Array(text.utf8)
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        let letters = UInt8(ascii: "a")...UInt8(ascii: "f")
        let fits =
            bytes.count == 6 && bytes[..<3].allSatisfy(digits.contains) && bytes[3] == UInt8(ascii: "-")
            && bytes[4...].allSatisfy(letters.contains)
        try require(fits, "content is \(text.prefix(40).debugDescription)")
    }
}
