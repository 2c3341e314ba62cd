import Chat
import ConstrainedDecoding
import JSON
import Sampling
import ServingTestSupport
import TestSupport
import Testing
import Tokenization
import Tokens

/// Random tokens within the masks: whatever a model draws, what comes out are calls that fit their schemas.
@Suite struct ToolCallWalkTests {
    private static let lengthLimit = 160

    private let tokenizer: Tokenizer
    private let end: TokenID
    private let compiler: ConstraintCompiler
    /// Tokens that random output needs to come to an end.
    private let closers: [TokenID]

    init() throws {
        let tokenizer = try SharedFixtures.tokenizer.get()
        self.tokenizer = tokenizer
        end = try #require(tokenizer.token("<|im_end|>"))
        compiler = ConstraintCompiler(tokenizer: tokenizer, ends: [end])
        closers = ["\"", "}", "]", ",", "\n", ":", "<", "/", ">", "{"].compactMap { tokenizer.encode($0).first }
    }

    private struct Output {
        var content = ""
        var calls: [ToolCall] = []
        var isFinished = false
    }

    /// Draws tokens until the end, and reads them as a reply is read.
    private func walk(
        _ constraint: any TokenConstraint, _ format: ChatFormat, _ calls: ToolCallDefinition,
        _ random: inout SeededGenerator
    ) throws -> Output {
        let machine = OutputMachine(tokens: format.outputTokens, parsesToolCalls: true)
        var output = ConstrainedOutput(machine: machine, constraint: constraint)
        var parser = format.makeParser(
            for: Prompt(text: "", ids: [], startPhase: .content),
            spellings: try compiler.compile(.toolCalls(calls)).spellings)
        var result = Output()
        var deltas: [OutputDelta] = []
        for _ in 0..<Self.lengthLimit {
            let token = try draw(output.mask(), calls, &random)
            if token == end {
                result.isFinished = true
                break
            }
            let label = output.accept(token)
            deltas += parser.consume([
                SampledToken(id: token, phase: label.phase, isStructural: label.isStructural)
            ])
        }
        for delta in deltas + parser.finish() {
            switch delta {
            case .reasoning: Issue.record("there is no reasoning here")
            case .content(let text): result.content += text
            case .toolCallBegan(_, let id, let name): result.calls.append(ToolCall(id: id, name: name, arguments: ""))
            case .toolCallArguments(let index, let text): result.calls[index].arguments += text
            }
        }
        return result
    }

    private func draw(
        _ mask: TokenMask?, _ calls: ToolCallDefinition, _ random: inout SeededGenerator
    ) throws -> TokenID {
        guard let mask else {
            return [calls.open, calls.close, end, TokenID(Int.random(in: 0..<1000, using: &random))]
                .randomElement(using: &random) ?? end
        }
        if Bool.random(using: &random), let closer = closers.filter(mask.contains).randomElement(using: &random) {
            return closer
        }
        // The next that is allowed from anywhere on.
        let first = Int.random(in: 0..<tokenizer.tokenCount, using: &random)
        let ids = (0..<tokenizer.tokenCount).lazy.map { TokenID(($0 + first) % tokenizer.tokenCount) }
        return try #require(ids.first(where: mask.contains))
    }

    private func check(_ output: Output, _ calls: ToolCallDefinition, _ seed: Int) throws {
        for call in output.calls {
            let schema = calls.tools.first { $0.name == call.name }?.parameters
            let arguments = try JSONValue(parsing: call.arguments)
            let isValid = SchemaCheck.isValid(arguments, by: try #require(schema, "\(call)"))
            #expect(isValid, "seed \(seed): \(call), \(schema ?? nil)")
        }
    }

    private func definition(
        _ format: ChatFormat, count: ToolCallDefinition.Count, alternative: ConstraintDefinition? = nil,
        _ random: inout SeededGenerator
    ) throws -> ToolCallDefinition {
        ToolCallDefinition(
            tools: (0..<3).map { index in
                CallableTool(name: "tool_\(index)", parameters: RandomSchema.arguments(&random), isStrict: true)
            },
            notation: format.toolCallNotation, open: try #require(format.outputTokens.toolCallOpen),
            close: try #require(format.outputTokens.toolCallClose), count: count, alternative: alternative)
    }

    private static let templates = ["templates/qwen3.jinja", "templates/qwen3-coder.jinja"]

    @Test(arguments: templates)
    func anAnswerOfCallsIsOneOrMoreThatFitTheirSchemas(template: String) throws {
        let format = try SharedFixtures.chatFormat(template)
        #expect(format.toolCallNotation == (template == Self.templates[0] ? .json : .elements))
        var finishedCount = 0
        for seed in 0..<24 {
            var random = SeededGenerator(seed: UInt64(seed))
            let calls = try definition(format, count: seed % 2 == 0 ? .one : .oneOrMore, &random)
            let matcher = try compiler.compile(.toolCalls(calls)).makeMatcher()
            let output = try walk(matcher, format, calls, &random)
            guard output.isFinished else { continue }
            finishedCount += 1
            #expect(output.content.isEmpty)
            #expect(seed % 2 == 0 ? output.calls.count == 1 : !output.calls.isEmpty)
            try check(output, calls, seed)
        }
        #expect(finishedCount > 12)
    }

    @Test(arguments: templates)
    func anAnswerIsCallsOrFitsItsFormat(template: String) throws {
        let format = try SharedFixtures.chatFormat(template)
        var seen: Set<Bool> = []
        for seed in 0..<24 {
            var random = SeededGenerator(seed: UInt64(seed))
            let schema = RandomSchema.arguments(&random)
            let calls = try definition(format, count: .oneOrMore, alternative: .jsonSchema(schema), &random)
            let matcher = try compiler.compile(.toolCalls(calls)).makeMatcher()
            // Every other one is made to call: a random draw hardly ever does.
            let constraint: any TokenConstraint = seed % 2 == 0 ? matcher : Opening(matcher, calls.open)
            let output = try walk(constraint, format, calls, &random)
            guard output.isFinished else { continue }
            seen.insert(output.calls.isEmpty)
            if output.calls.isEmpty {
                #expect(SchemaCheck.isValid(try JSONValue(parsing: output.content), by: schema), "seed \(seed)")
            } else {
                #expect(output.content.isEmpty)
                try check(output, calls, seed)
            }
        }
        #expect(seen == [true, false])
    }

    @Test(arguments: templates)
    func callsAmongFreeTextFitTheirSchemas(template: String) throws {
        let format = try SharedFixtures.chatFormat(template)
        var callCount = 0
        for seed in 0..<24 {
            var random = SeededGenerator(seed: UInt64(seed))
            let calls = try definition(format, count: .oneOrMore, &random)
            var single = calls
            single.count = .one
            let matcher = ToolCallMatcher(call: try compiler.compile(.toolCalls(single)), calls: calls)
            let output = try walk(matcher, format, calls, &random)
            guard output.isFinished else { continue }
            callCount += output.calls.count
            try check(output, calls, seed)
        }
        #expect(callCount > 12)
    }
}

/// A constraint whose first token is settled.
private struct Opening: TokenConstraint {
    private var inner: any TokenConstraint
    private let first: TokenID
    private var hasBegun = false

    init(_ inner: any TokenConstraint, _ first: TokenID) {
        self.inner = inner
        self.first = first
    }

    var allowsThinking: Bool { false }

    func mask() -> TokenMask {
        guard !hasBegun else { return inner.mask() }
        var mask = TokenMask(count: first.index + 1)
        mask.insert(first.index)
        return mask
    }

    mutating func accept(_ token: TokenID) {
        hasBegun = true
        inner.accept(token)
    }
}
