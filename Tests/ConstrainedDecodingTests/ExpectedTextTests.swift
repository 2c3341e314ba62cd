import JSON
import Sampling
import TestSupport
import Testing
import Tokenization
import Tokens

@testable import ConstrainedDecoding

@Suite("Expected text") struct ExpectedTextTests {
    private static let shared = Result {
        try Tokenizer(tokenizerFile: Fixtures.bytes("models/dense-tied/hf/tokenizer.json"))
    }

    private let tokenizer: Tokenizer

    init() throws {
        tokenizer = try Self.shared.get()
    }

    private func matcher(_ definition: ConstraintDefinition, behind text: String = "") throws -> GrammarMatcher {
        let grammar = try ConstraintCompiler(tokenizer: tokenizer, ends: [0]).compile(definition)
        var matcher = grammar.makeMatcher()
        for token in tokenizer.encode(text) {
            try #require(matcher.mask().contains(token))
            matcher.accept(token)
        }
        return matcher
    }

    private func expected(_ definition: ConstraintDefinition, behind text: String = "") throws -> String {
        tokenizer.decode(try matcher(definition, behind: text).expectedTokens().map(\.id))
    }

    private static let person = """
        {"type": "object", "properties": {"name": {"type": "string"}, "city": {"type": "string"},
         "age": {"type": "integer"}}, "required": ["name", "city", "age"], "additionalProperties": false}
        """

    @Test func `keys that must come are expected, up to where a value is free`() throws {
        let schema = try ConstraintDefinition.schema(Self.person)
        #expect(try expected(schema) == #"{"name": ""#)
        #expect(try expected(schema, behind: #"{"na"#) == #"me": ""#)
        #expect(try expected(schema, behind: #"{"name": "Bonn""#) == #", "city": ""#)
        #expect(try expected(schema, behind: #"{"name": "Bo"#) == "")
    }

    @Test func `white space is expected as it was written before`() throws {
        let schema = try ConstraintDefinition.schema(Self.person)
        #expect(try expected(schema, behind: #"{"name":"A""#) == #", "city":""#)
        #expect(try expected(schema, behind: #"{"name":"A","city":"B""#) == #","age":"#)
        let lines = "{\n  \"name\": \"A\",\n  \"city\": \"B\""
        #expect(try expected(schema, behind: lines) == ",\n  \"age\":")
        #expect(try expected(schema, behind: lines + ",\n") == "  \"age\":")
    }

    @Test func `tokens before which white space may be left out are told apart`() throws {
        let schema = try ConstraintDefinition.schema(Self.person)
        let tokens = try matcher(schema, behind: #"{"name": "A""#).expectedTokens()
        let optional = tokens.filter(\.isOptional).map { tokenizer.decode([$0.id]) }
        let certain = tokens.filter { !$0.isOptional }.map { tokenizer.decode([$0.id]) }
        #expect(optional.allSatisfy { $0.contains(",") || $0.contains(":") || $0.hasPrefix(" ") }, "\(optional)")
        #expect(certain.joined().contains("city"), "\(certain)")
        #expect(!optional.isEmpty)
    }

    @Test func `a choice ends what is expected, and its words are whole`() throws {
        let colours = try ConstraintDefinition.schema(#"{"enum": ["red", "rose", "green"]}"#)
        #expect(try expected(colours) == "\"")
        #expect(try expected(colours, behind: "\"g") == "reen\"")
        #expect(try expected(colours, behind: "\"ro") == "se\"")
        #expect(try expected(.choice(["only this"])) == "only this")
    }

    @Test func `nothing is expected behind the end, nor where text is free`() throws {
        #expect(try expected(.choice(["done"]), behind: "done") == "")
        #expect(try expected(.schema("true")) == "")
        #expect(try expected(.grammar(#"root ::= [a-z]* "x""#)) == "")
    }

    @Test func `the tags and the frame of the only tool that must be called are expected`() throws {
        let open = try #require(tokenizer.token("<tool_call>"))
        let close = try #require(tokenizer.token("</tool_call>"))
        let calls = ToolCallDefinition(
            tools: [
                CallableTool(name: "get_weather", parameters: try JSONValue(parsing: Self.person), isStrict: true)
            ],
            notation: .json, open: open, close: close, count: .one, alternative: nil)
        let tokens = try matcher(.toolCalls(calls)).expectedTokens().map(\.id)
        #expect(tokens.first == open)
        #expect(
            tokenizer.decode(tokens.dropFirst()) == "\n{\"name\": \"get_weather\", \"arguments\": {\"name\": \"")
    }

    @Test(arguments: [person, #"{"enum": ["aa", "ab", "b\u00e9b\u00e9"]}"#, #"{"const": {"a": [1, null, "é"]}}"#])
    func `masks allow every token that is expected`(schema: String) throws {
        var random = SeededGenerator(seed: 4)
        var expectedCount = 0
        for _ in 0..<20 {
            var matcher = try matcher(.schema(schema))
            for _ in 0..<60 {
                var ahead = matcher
                for token in matcher.expectedTokens().map(\.id) {
                    #expect(ahead.mask().contains(token))
                    ahead.accept(token)
                    expectedCount += 1
                }
                let mask = matcher.mask()
                let allowed = (0..<tokenizer.tokenCount).map { TokenID($0) }.filter(mask.contains)
                guard let token = allowed.randomElement(using: &random), token != 0 else { break }
                matcher.accept(token)
            }
        }
        #expect(expectedCount > 50)
    }
}
