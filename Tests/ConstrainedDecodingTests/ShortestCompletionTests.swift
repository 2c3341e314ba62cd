import JSON
import TestSupport
import Testing
import Tokenization
import Tokens

@testable import ConstrainedDecoding

/// The shortest way from anywhere in an output to its end.
@Suite struct ShortestCompletionTests {
    private static let tokenizer = try? Tokenizer(tokenizerFile: Fixtures.bytes("models/dense-tied/hf/tokenizer.json"))

    private func matcher(_ definition: ConstraintDefinition) throws -> GrammarMatcher {
        let tokenizer = try #require(Self.tokenizer)
        return try ConstraintCompiler(tokenizer: tokenizer, ends: [0]).compile(definition).makeMatcher()
    }

    private func completion(_ definition: ConstraintDefinition, behind text: String) throws -> String? {
        let tokenizer = try #require(Self.tokenizer)
        var matcher = try matcher(definition)
        for token in tokenizer.encode(text) {
            try #require(matcher.mask().contains(token))
            matcher.accept(token)
        }
        return matcher.shortestCompletion(within: 1000).map { tokenizer.decode($0) }
    }

    private static let person = """
        {"type": "object", "properties": {"name": {"type": "string", "minLength": 3}, "tags": {"type": "array",
         "items": {"enum": ["red", "x"]}, "minItems": 2}, "age": {"type": "integer", "minimum": 20}},
         "required": ["name", "tags"], "additionalProperties": false}
        """

    @Test(arguments: [
        ("", #"{"name":"aaa","tags":["x","x"]}"#), (#"{"name": "B"#, #"aa","tags":["x","x"]}"#),
        (#"{"name": "Bonn","tags": ["r"#, #"ed","x"]}"#), (#"{"name": "Bonn","tags": ["x", "x", "#, #""x"]}"#),
        (#"{"name": "Bonn","tags": ["x", "red"]"#, "}"), (#"{"name": "Bonn","tags": ["x", "x"],"#, #""age":20}"#),
        (#"{"name": "Bonn","tags": ["x", "x"],"age": 3"#, "0}"), (#"{"name": "Bonn","tags": ["x", "x"]}"#, ""),
    ])
    func `what must come does, and nothing else`(text: String, rest: String) throws {
        let written = try completion(try .schema(Self.person), behind: text)
        #expect(written == rest || (rest == #""age":20}"# || rest == "0}") && written?.count == rest.count)
    }

    @Test func `nested values are closed from the inside out`() throws {
        let schema = """
            {"$defs": {"node": {"type": "object", "properties": {"left": {"$ref": "#/$defs/node"}, "leaf": {"type": "null"}},
             "required": ["leaf"], "additionalProperties": false}}, "$ref": "#/$defs/node"}
            """
        let text = String(repeating: #"{"left": "#, count: 9)
        let rest = #"{"leaf":null}"# + String(repeating: #","leaf":null}"#, count: 9)
        #expect(try completion(try .schema(schema), behind: text) == rest)
        #expect(try completion(.jsonObject, behind: #"{"a": [[{"b": "c\u00"#) == #"aa"}]]}"#)
    }

    @Test func `a limit of tokens is kept`() throws {
        let matcher = try matcher(try .schema(Self.person))
        let tokens = try #require(matcher.shortestCompletion(within: 1000))
        #expect(matcher.shortestCompletion(within: tokens.count) == tokens)
        #expect(matcher.canBeComplete(within: tokens.count))
        #expect(matcher.shortestCompletion(within: tokens.count - 1) == nil)
        #expect(!matcher.canBeComplete(within: tokens.count - 1))
        #expect(!matcher.canBeComplete(within: -1))
    }

    @Test func `other forms have shortest texts too`() throws {
        #expect(try completion(.regularExpression("(ab|c)[0-9]{3}x*"), behind: "") == "c000")
        #expect(try completion(.choice(["green", "grey"]), behind: "gre") == "y")
    }

    /// No text that a walk through all states finds is shorter.
    private func shortestLength(_ automaton: inout GrammarAutomaton, from start: GrammarAutomaton.StateID) -> Int {
        var (open, length, seen) = ([start], 0, Set([start]))
        while !open.isEmpty {
            if open.contains(where: { automaton.isAccepting($0) }) { return length }
            var next: [GrammarAutomaton.StateID] = []
            for state in open {
                for byte in UInt8.min...UInt8.max {
                    let target = automaton.next(state, byte)
                    if target != GrammarAutomaton.dead, seen.insert(target).inserted { next.append(target) }
                }
            }
            (open, length) = (next, length + 1)
        }
        return ShortestTexts.endless
    }

    @Test func `no text is shorter`() throws {
        let schemas = [
            #"{"type": "array", "items": {"enum": ["red", 12, null]}, "minItems": 1, "maxItems": 3}"#,
            #"{"anyOf": [{"type": "string", "pattern": "^x[0-9]{2,4}$"}, {"const": {"a": [true]}}]}"#,
            #"{"type": "object", "properties": {"é": {"type": "number", "minimum": 0.5, "maximum": 9}}, "required": ["é"]}"#,
        ]
        var random = SeededGenerator(seed: 5)
        for schema in schemas {
            var automaton = GrammarAutomaton(try ConstraintDefinition.schema(schema).grammar())
            var state = automaton.start
            for _ in 0..<12 {
                let expected = shortestLength(&automaton, from: state)
                #expect(automaton.shortestLength(from: state) == expected)
                #expect(automaton.shortestText(from: state, lengthLimit: expected)?.count == expected)
                let bytes = (UInt8.min...UInt8.max).filter { automaton.next(state, $0) != GrammarAutomaton.dead }
                guard let byte = bytes.randomElement(using: &random) else { break }
                state = automaton.next(state, byte)
            }
        }
    }
}
