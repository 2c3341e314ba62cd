import Sampling
import TestSupport
import Testing
import Tokens

@Suite struct OutputMachineTests {
    private static let tokens = OutputGrammarTokens(
        thinkOpen: 90, thinkClose: 91, toolCallOpen: 92, toolCallClose: 93, ends: [98, 99])
    private static let phrase: [TokenID] = [71, 72, 73, 91, 74]

    /// The labels of a sequence of tokens, as letters: r, c, t; upper case where structural.
    private func labels(_ machine: inout OutputMachine, _ ids: [TokenID]) -> String {
        ids.map { id in
            let label = machine.accept(id)
            let letter = ["r", "c", "t"][Int(label.phase.rawValue)]
            return label.isStructural ? letter.uppercased() : letter
        }.joined()
    }

    @Test func `a think block, then the answer`() {
        var machine = OutputMachine(tokens: Self.tokens)
        #expect(labels(&machine, [90, 1, 2, 91, 3, 4]) == "RrrRcc")
        #expect(machine.reasoningTokenCount == 4)
    }

    @Test func `a prompt that ends inside a think block begins with reasoning`() {
        var machine = OutputMachine(tokens: Self.tokens, start: .reasoning)
        #expect(labels(&machine, [1, 91, 3]) == "rRc")
        #expect(machine.reasoningTokenCount == 2)
        var repeated = OutputMachine(tokens: Self.tokens, start: .reasoning)
        #expect(labels(&repeated, [90, 1, 90, 91]) == "RrrR")
    }

    @Test func `thinking can be ended from outside, also before it begins`() {
        var machine = OutputMachine(tokens: Self.tokens, stopPhrase: Self.phrase)
        #expect(labels(&machine, [90, 1]) == "Rr")
        machine.endThinking(.request)
        machine.endThinking(.time)
        #expect(Array(machine.forcedTokens) == Self.phrase)
        #expect(labels(&machine, Self.phrase + [3]) == "rrrRcc")
        #expect(machine.reasoningEnd == .request)
        machine.endThinking(.time)
        #expect(machine.forcedToken == nil)
        var early = OutputMachine(tokens: Self.tokens, stopPhrase: Self.phrase)
        early.endThinking(.time)
        #expect(early.forcedToken == nil)
        #expect(labels(&early, [90]) == "R")
        #expect(Array(early.forcedTokens) == Self.phrase)
        #expect(labels(&early, Self.phrase) == "rrrRc")
        #expect(early.reasoningEnd == .time)
    }

    @Test func `think tags in the middle of an answer are text`() {
        var machine = OutputMachine(tokens: Self.tokens)
        #expect(labels(&machine, [1, 90, 2, 91, 3]) == "ccccc")
        var closed = OutputMachine(tokens: Self.tokens, start: .reasoning)
        #expect(labels(&closed, [91, 90, 91, 3]) == "Rccc")
        var stray = OutputMachine(tokens: Self.tokens)
        #expect(labels(&stray, [91, 1]) == "Cc")
    }

    @Test func `tool calls have a phase of their own only if they are parsed, and never inside thinking`() {
        var machine = OutputMachine(tokens: Self.tokens, parsesToolCalls: true)
        #expect(labels(&machine, [90, 92, 91, 1, 92, 5, 93, 2, 92, 90, 92, 93]) == "RrRcTtTcTtTT")
        var plain = OutputMachine(tokens: Self.tokens)
        #expect(labels(&plain, [92, 5, 93]) == "ccc")
    }

    @Test func `an ignored end token is never text`() {
        var machine = OutputMachine(tokens: Self.tokens, parsesToolCalls: true)
        #expect(labels(&machine, [90, 98, 91, 99, 92, 98]) == "RRRCTT")
    }

    @Test func `an end inside thinking becomes the closing tag if asked for`() {
        var machine = OutputMachine(tokens: Self.tokens, start: .reasoning, closesThinkingAtEnd: true)
        #expect(machine.resolve(98) == 91)
        #expect(machine.resolve(5) == 5)
        _ = machine.accept(91)
        #expect(machine.resolve(98) == 98)
        var indifferent = OutputMachine(tokens: Self.tokens, start: .reasoning)
        #expect(indifferent.resolve(98) == 98)
    }

    @Test func `a tool call inside thinking becomes the closing tag if asked for`() {
        var machine = OutputMachine(
            tokens: Self.tokens, start: .reasoning, parsesToolCalls: true, closesThinkingAtToolCall: true)
        #expect(labels(&machine, [1, machine.resolve(92)]) == "rR")
        #expect(labels(&machine, [machine.resolve(92), 5, 93, 6]) == "TtTc")
        #expect(machine.reasoningEnd == .toolCall)
        var indifferent = OutputMachine(tokens: Self.tokens, start: .reasoning, parsesToolCalls: true)
        #expect(indifferent.resolve(92) == 92)
    }

    @Test func `the machine knows what closed the think block`() {
        var natural = OutputMachine(tokens: Self.tokens)
        #expect(labels(&natural, [90, 1]) == "Rr")
        #expect(natural.reasoningEnd == nil)
        #expect(labels(&natural, [91, 3]) == "Rc")
        #expect(natural.reasoningEnd == .natural)
        var budget = OutputMachine(tokens: Self.tokens, thinkingBudget: 2, stopPhrase: Self.phrase)
        #expect(labels(&budget, [90, 1] + Self.phrase) == "RrrrrRc")
        #expect(budget.reasoningEnd == .budget)
        var guarded = OutputMachine(tokens: Self.tokens, start: .reasoning, closesThinkingAtEnd: true)
        #expect(labels(&guarded, [1, guarded.resolve(99), 3]) == "rRc")
        #expect(guarded.reasoningEnd == .endOfText)
        let silent = OutputMachine(tokens: Self.tokens)
        #expect(silent.reasoningEnd == nil)
    }

    @Test func `a spent budget forces the stop phrase and then the answer`() {
        var machine = OutputMachine(
            tokens: Self.tokens, start: .reasoning, thinkingBudget: 3, stopPhrase: Self.phrase)
        #expect(labels(&machine, [1, 2, 3]) == "rrr")
        var forced: [TokenID] = []
        while let token = machine.forcedToken {
            #expect(machine.forcedTokens.first == token)
            forced.append(token)
            _ = machine.accept(token)
        }
        #expect(forced == Self.phrase)
        #expect(machine.phase == .content)
        #expect(machine.reasoningTokenCount == 7)
        #expect(labels(&machine, [1, 90, 2]) == "ccc")
    }

    @Test func `a budget that is not spent forces nothing`() {
        var machine = OutputMachine(tokens: Self.tokens, thinkingBudget: 3, stopPhrase: Self.phrase)
        #expect(labels(&machine, [90, 1, 91, 2, 3, 4]) == "RrRccc")
        #expect(machine.forcedToken == nil)
        #expect(machine.forcedTokens.isEmpty)
    }

    @Test func `a budget of nothing forces the phrase at once`() {
        let machine = OutputMachine(tokens: Self.tokens, start: .reasoning, thinkingBudget: 0, stopPhrase: [])
        #expect(machine.forcedToken == 91)
        var open = OutputMachine(tokens: Self.tokens, thinkingBudget: 0, stopPhrase: Self.phrase)
        #expect(open.forcedToken == nil)
        _ = open.accept(90)
        #expect(open.forcedToken == 71)
    }

    @Test func `reasoning never exceeds the budget and the phrase`() {
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<500 {
            let budget = Int.random(in: 0...20, using: &generator)
            var machine = OutputMachine(
                tokens: Self.tokens, start: Bool.random(using: &generator) ? .reasoning : .content,
                parsesToolCalls: Bool.random(using: &generator), thinkingBudget: budget, stopPhrase: Self.phrase)
            for _ in 0..<60 {
                let drawn = TokenID(Int.random(in: 85...97, using: &generator))
                _ = machine.accept(machine.forcedToken ?? drawn)
            }
            #expect(machine.reasoningTokenCount <= budget + Self.phrase.count)
        }
    }
}
