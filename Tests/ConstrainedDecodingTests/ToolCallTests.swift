import JSON
import Sampling
import TestSupport
import Testing
import Tokenization
import Tokens

@testable import ConstrainedDecoding

@Suite("Grammars of tool calls")
struct ToolCallTests {
    private static let shared = Result {
        try Tokenizer(tokenizerFile: Fixtures.bytes("models/dense-tied/hf/tokenizer.json"))
    }

    private let tokenizer: Tokenizer
    private let open: TokenID
    private let close: TokenID

    init() throws {
        tokenizer = try Self.shared.get()
        open = try #require(tokenizer.token("<tool_call>"))
        close = try #require(tokenizer.token("</tool_call>"))
    }

    private static let weather = """
        {"type": "object", "properties": {"city": {"type": "string", "maxLength": 4}, "days": {"type": "integer"}},
         "required": ["city"], "additionalProperties": false}
        """

    private func definition(
        _ tools: [(name: String, schema: String?)], isStrict: Bool = true, notation: ToolCallNotation = .json,
        count: ToolCallDefinition.Count = .oneOrMore, alternative: ConstraintDefinition? = nil
    ) throws -> ToolCallDefinition {
        ToolCallDefinition(
            tools: try tools.map { name, schema in
                CallableTool(
                    name: name, parameters: try schema.map { try JSONValue(parsing: $0) }, isStrict: isStrict)
            },
            notation: notation, open: open, close: close, count: count, alternative: alternative)
    }

    private func accepts(_ text: String, _ calls: ToolCallDefinition) throws -> Bool {
        let grammar = try ConstraintCompiler(tokenizer: tokenizer, ends: [0]).compile(.toolCalls(calls))
        var matcher = grammar.makeMatcher()
        for token in tokenizer.encode(text) {
            guard matcher.mask().contains(token) else { return false }
            matcher.accept(token)
        }
        return matcher.isComplete
    }

    private static func call(_ name: String, _ arguments: String) -> String {
        "<tool_call>\n{\"name\": \"\(name)\", \"arguments\": \(arguments)}\n</tool_call>"
    }

    @Test("accept calls of their tools, and nothing else")
    func callsOnly() throws {
        let calls = try definition([("get_weather", Self.weather), ("stop", nil)])
        let weather = Self.call("get_weather", "{\"city\": \"Bonn\", \"days\": 3}")
        #expect(try accepts(weather, calls))
        #expect(try accepts(Self.call("stop", "{}"), calls))
        #expect(try accepts(weather + "\n" + Self.call("stop", "{}"), calls))
        for text in [
            "", "hello", "x" + weather, weather + "x", Self.call("other", "{}"), Self.call("stop", "{\"a\": 1}"),
            Self.call("get_weather", "{}"), Self.call("get_weather", "{\"city\": 7}"),
            Self.call("get_weather", "{\"city\": \"London\"}"), Self.call("get_weather", "{\"city\": \"a\", \"x\": 1}"),
            "<tool_call>\n{\"name\": \"stop\", \"arguments\": {}}\n",
        ] {
            #expect(try !accepts(text, calls), "\(text)")
        }
    }

    @Test("end behind one call where only one is allowed")
    func oneCall() throws {
        let calls = try definition([("stop", nil)], count: .one)
        #expect(try accepts(Self.call("stop", "{}"), calls))
        #expect(try !accepts(Self.call("stop", "{}") + Self.call("stop", "{}"), calls))
    }

    @Test("accept what may stand in the place of calls, but not beside them")
    func alternative() throws {
        let calls = try definition([("stop", nil)], alternative: .schema("{\"type\": \"integer\"}"))
        #expect(try accepts("12", calls))
        #expect(try accepts(Self.call("stop", "{}"), calls))
        #expect(try !accepts("12" + Self.call("stop", "{}"), calls))
        #expect(try !accepts(Self.call("stop", "{}") + "12", calls))
        #expect(try !accepts("twelve", calls))
    }

    @Test("spell names as JSON does")
    func oddNames() throws {
        let calls = try definition([("say \"hi\"\\", nil)])
        #expect(try accepts(Self.call(#"say \"hi\"\\"#, "{}"), calls))
        #expect(throws: ConstraintError.self) {
            _ = try definition([("a>b", nil)], notation: .elements).addRules()
        }
    }

    @Test(
        "make objects of all arguments",
        arguments: [
            ("{}", true), ("{\"properties\": {}}", true), ("{\"type\": [\"object\", \"null\"]}", true),
            ("{\"$ref\": \"#/$defs/A\", \"$defs\": {\"A\": {\"type\": \"object\"}}}", true),
            ("{\"type\": \"string\"}", false), ("[]", false), ("true", false),
        ])
    func objects(schema: String, isPossible: Bool) throws {
        let strict = try definition([("f", schema)])
        if isPossible {
            #expect(try accepts(Self.call("f", "{\"a\": 1}"), strict))
            #expect(try !accepts(Self.call("f", "null"), strict))
        } else {
            #expect(throws: ConstraintError.self) { _ = try strict.addRules() }
        }
        let loose = try definition([("f", schema)], isStrict: false)
        #expect(try accepts(Self.call("f", "{\"a\": 1}"), loose))
        #expect(try !accepts(Self.call("f", "7"), loose))
        #expect(try loose.addRules().rules.remarks.omissions.isEmpty == isPossible)
    }

    @Test("leave free what stands around calls")
    func matcher() throws {
        let calls = try definition([("stop", nil)], count: .oneOrMore)
        let single = try definition([("stop", nil)], count: .one)
        let grammar = try ConstraintCompiler(tokenizer: tokenizer, ends: [0]).compile(.toolCalls(single))
        for definition in [calls, single] {
            var matcher = ToolCallMatcher(call: grammar, calls: definition)
            for token in tokenizer.encode("Let me see.\n</tool_call>") {
                #expect(matcher.isFree)
                matcher.accept(token)
            }
            for (index, token) in tokenizer.encode(Self.call("stop", "{}")).enumerated() {
                #expect(matcher.isFree == (index == 0))
                #expect(matcher.mask().contains(token))
                matcher.accept(token)
            }
            #expect(matcher.isFree == (definition.count == .oneOrMore))
            let mask = matcher.mask()
            #expect(mask.contains(0) == (definition.count == .one))
            #expect(mask.contains(open) == (definition.count == .oneOrMore))
        }
    }

    @Test("of elements hold strings as they are, and other values as JSON")
    func elements() throws {
        let schema = """
            {"type": "object", "properties": {"text": {"type": "string"}, "unit": {"enum": ["C", "F"]},
             "note": {"anyOf": [{"type": "string"}, {"type": "null"}]}, "id": {"type": "string", "pattern": "^[a-c]{2}$"},
             "days": {"type": "integer"}, "tags": {"type": "array", "items": {"type": "string"}}},
             "required": ["text", "days"], "additionalProperties": false}
            """
        let calls = try definition([("f", schema)], notation: .elements)
        #expect(
            try calls.addRules().rules.remarks.spellings == [
                "f": ["text": .text, "unit": .text, "note": .textOrNull, "id": .text, "days": .json, "tags": .json]
            ])
        func call(_ parameters: [(String, String)]) -> String {
            let elements = parameters.map { "<parameter=\($0)>\n\($1)\n</parameter>\n" }.joined()
            return "<tool_call>\n<function=f>\n\(elements)</function>\n</tool_call>"
        }
        #expect(try accepts(call([("text", "a <b>\n\"c\" </para\n"), ("days", "3")]), calls))
        #expect(try accepts(call([("text", ""), ("unit", "C"), ("note", "null"), ("days", "3")]), calls))
        #expect(
            try accepts(
                call([("text", "x"), ("id", "ab"), ("days", "3"), ("tags", "[\"a\", \"</parameter>\"]")]), calls))
        for parameters in [
            [("text", "x")], [("days", "3")], [("text", "x"), ("days", "three")],
            [("text", "x"), ("unit", "K"), ("days", "3")], [("text", "</parameter>"), ("days", "3")],
            [("text", "x"), ("id", "ad"), ("days", "3")], [("text", "x"), ("days", "3"), ("more", "1")],
            [("text", "x"), ("days", "3"), ("tags", "[1]")],
        ] {
            #expect(try !accepts(call(parameters), calls), "\(parameters)")
        }
    }

    @Test("leave out of a schema what cannot be enforced, and nothing else")
    func loosening() throws {
        let schema = """
            {"type": "object", "properties": {"a": {"type": "string", "format": "colour"}, "b": {"enum": [1, 2]},
             "c": {"type": "string", "$dynamicRef": "#x"}}, "required": ["a", "b"],
             "additionalProperties": false, "unevaluatedProperties": false}
            """
        #expect {
            _ = try definition([("f", schema)]).addRules()
        } throws: { error in
            let error = error as? ConstraintError
            return error?.message.contains("'f'") == true && error?.place.isEmpty == false
        }
        let loose = try definition([("f", schema)], isStrict: false)
        #expect(try accepts(Self.call("f", "{\"a\": \"x\", \"b\": 2, \"c\": \"abc\"}"), loose))
        #expect(try !accepts(Self.call("f", "{\"a\": \"x\", \"b\": 3}"), loose))
        #expect(try !accepts(Self.call("f", "{\"a\": 1, \"b\": 2}"), loose))
        #expect(try !accepts(Self.call("f", "{\"a\": \"x\", \"b\": 2, \"c\": 4}"), loose))
        let places = Set(try loose.addRules().rules.remarks.omissions.map(\.place))
        #expect(places == ["properties.a.format", "properties.c[\"$dynamicRef\"]", "unevaluatedProperties"])
    }

    @Test(
        "never fail open: whatever the schema, a call is a name and an object",
        arguments: [
            "{\"properties\": {\"a\": {\"type\": \"string\", \"$dynamicRef\": \"#x\"}}}",
            "{\"properties\": {\"a\": {\"anyOf\": [{\"type\": \"string\", \"$dynamicRef\": \"#x\"}, {\"type\": \"null\"}]}}}",
            "{\"type\": \"object\", \"properties\": 7}", "{\"type\": \"object\", \"required\": [1]}",
            "{\"type\": \"object\", \"enum\": []}", "{\"$ref\": \"http://example.com/schema\"}",
            "{\"$ref\": \"#/nowhere\"}", "{\"anyOf\": [{\"$ref\": \"#\"}, {\"$ref\": \"#\"}]}",
            "{\"allOf\": [{\"not\": {}}, {\"if\": true}]}",
            "{\"properties\": {\"a\": {\"type\": \"string\", \"pattern\": \"(?=x)\"}, \"b.c\": {\"not\": {}}}}",
            "{\"properties\": {\"a\": {\"type\": \"strung\"}}, \"unevaluatedProperties\": false}",
            "{\"type\": \"object\", \"properties\": {\"s\": {\"type\": \"string\", \"minLength\": 9999999}}}",
        ], [ToolCallNotation.json, .elements])
    func hostileSchemas(schema: String, notation: ToolCallNotation) throws {
        let loose = try definition([("f", schema)], isStrict: false, notation: notation)
        let (rules, root) = try loose.addRules()
        #expect(try Grammar(rules, root: root).isSatisfiable)
        #expect(!rules.remarks.omissions.isEmpty)
        #expect(throws: ConstraintError.self) {
            _ = try definition([("f", schema)], notation: notation).addRules()
        }
    }
}
