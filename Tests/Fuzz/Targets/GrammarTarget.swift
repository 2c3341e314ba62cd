import JSON
import Sampling
import Tokenization
import Tokens

@testable import ConstrainedDecoding

/// What a client holds an answer to; the first byte says in which language: `S` a JSON Schema, `R` a regular expression, `G` a
/// grammar in GBNF, `C` a JSON list of texts, `T` a JSON list of tools.
///
/// Invariants: at each step of an answer the mask allows a token if and only if the grammar's automaton takes its bytes, and
/// ends the answer where the automaton accepts.
struct GrammarTarget: FuzzTarget {
    static let name = "grammar"

    private static let stepLimit = 12

    func prepare() {
        _ = Self.ends
    }

    func run(_ input: [UInt8]) {
        guard let definition = Self.definition(input) else { return }
        // A compiler of its own: none of what earlier inputs left behind makes a difference.
        let compiler = ConstraintCompiler(tokenizer: TextTarget.tokenizer, ends: Self.ends)
        guard let compiled = try? compiler.compile(definition), let grammar = try? definition.grammar() else { return }
        var walk = Walk(
            matcher: compiled.makeMatcher(), automaton: GrammarAutomaton(grammar), choices: InputChoices(input))
        for _ in 0..<Self.stepLimit where walk.step() {}
    }

    fileprivate static let ends = Set(["<|im_end|>", "<|endoftext|>"].compactMap(TextTarget.tokenizer.token))

    private static func definition(_ input: [UInt8]) -> ConstraintDefinition? {
        let text = String(decoding: input.dropFirst(), as: UTF8.self)
        switch input.first {
        case UInt8(ascii: "S"): return (try? JSONValue(parsing: text)).map { .jsonSchema($0) }
        case UInt8(ascii: "R"): return .regularExpression(text)
        case UInt8(ascii: "G"): return .grammar(text)
        case UInt8(ascii: "C"):
            return (try? JSONValue(parsing: text))?.arrayValue.map { .choice($0.compactMap(\.stringValue)) }
        case UInt8(ascii: "T"): return tools(text)
        default: return nil
        }
    }

    private static func tools(_ text: String) -> ConstraintDefinition? {
        guard let open = TextTarget.tokenizer.token("<tool_call>"),
            let close = TextTarget.tokenizer.token("</tool_call>"),
            let list = (try? JSONValue(parsing: text))?.arrayValue
        else { return nil }
        let tools = list.map { tool in
            CallableTool(
                name: tool["name"]?.stringValue ?? "f", parameters: tool["parameters"],
                isStrict: tool["strict"]?.boolValue ?? false)
        }
        let notation: ToolCallNotation = list.count % 2 == 0 ? .elements : .json
        return .toolCalls(
            ToolCallDefinition(tools: tools, notation: notation, open: open, close: close, count: .oneOrMore))
    }
}

/// One answer, followed by the matcher of tokens and by the automaton of bytes.
private struct Walk {
    var matcher: GrammarMatcher
    var automaton: GrammarAutomaton
    var state: GrammarAutomaton.StateID
    var choices: InputChoices

    init(matcher: GrammarMatcher, automaton: GrammarAutomaton, choices: InputChoices) {
        self.matcher = matcher
        self.automaton = automaton
        self.choices = choices
        state = automaton.start
    }

    /// Checks the mask, and takes one of its tokens; false at the end.
    mutating func step() -> Bool {
        let mask = matcher.mask()
        require(matcher.isComplete == automaton.isAccepting(state), "the matcher ends where the grammar does not")
        var allowed: [TokenID] = []
        let tokenizer = TextTarget.tokenizer
        let added = Set(tokenizer.addedTokens.map(\.id))
        for id in (0..<tokenizer.tokenCount).map({ TokenID($0) }) where !GrammarTarget.ends.contains(id) {
            let isAllowed = mask.contains(id)
            require(
                isAllowed == (after(id, added) != GrammarAutomaton.dead), "the mask and the grammar differ at \(id)")
            if isAllowed {
                allowed.append(id)
            }
        }
        _ = matcher.expectedTokens()
        guard let token = allowed.randomElement(using: &choices) else { return false }
        state = after(token, added)
        matcher.accept(token)
        return true
    }

    private mutating func after(_ token: TokenID, _ added: Set<TokenID>) -> GrammarAutomaton.StateID {
        guard !added.contains(token) else { return automaton.next(state, token: token) }
        var bytes: [UInt8] = []
        TextTarget.tokenizer.appendBytes(of: token, to: &bytes)
        guard !bytes.isEmpty else { return GrammarAutomaton.dead }
        return bytes.reduce(state) { automaton.next($0, $1) }
    }
}
