import Compute
import Models
import Sampling
import TestSupport
import Testing
import Tokens

@testable import Engine

/// When guesses are made, with costs that a test sets.
@Suite struct SpeculatorTests {
    /// A scheduler of sequences that decode, and the generations that belong to them.
    private struct Decoding {
        var scheduler: Scheduler
        var generations: [ActiveGeneration?] = []
        var speculator: Speculator
        var plan = StepPlan()

        /// So many sequences; a further row costs `slope` of the first.
        init(_ count: Int, slope: Double, settings: Speculation = Speculation(), prompt: [TokenID]) {
            scheduler = Scheduler(
                limits: .init(
                    rowCount: 2048, sequenceCount: 32, promptLogitRowCount: 64, blockCount: 4096, blockLength: 4))
            speculator = Speculator(settings: settings, windows: [ContextWindow(length: 4096)], draft: nil)
            for round in 0..<200 {
                let rows = 1 + round % 16
                speculator.observe(rowCount: rows, seconds: 0.01 * (1 + slope * Double(rows - 1)))
            }
            let inbox = EngineInbox()
            for number in 0..<count {
                let slot = scheduler.add(prompt: prompt)
                let request = GenerationRequest(prompt: prompt, maximumTokens: 2000, sampling: .greedy)
                generations.append(
                    ActiveGeneration(
                        .init(
                            request: request,
                            mailbox: GenerationMailbox(inbox: inbox, ticket: .init(number: UInt64(number))),
                            time: .now)))
                #expect(slot == number)
            }
            scheduler.plan(into: &plan)
            settle { _ in prompt[0] }
        }

        /// Draws the same token for all, and drops the guesses behind it.
        private mutating func settle(_ next: (Int) -> TokenID) {
            for chunk in plan.chunks {
                scheduler.settle(chunk)
                scheduler.append(next(chunk.slot), to: chunk.slot)
                scheduler.dropGuesses(of: chunk.slot)
            }
        }

        /// One step; answers how many guesses it held.
        mutating func step(_ next: (Int) -> TokenID) -> Int {
            scheduler.plan(into: &plan)
            speculator.propose(&plan, &scheduler, generations)
            let count = plan.chunks.reduce(0) { $0 + $1.guessCount }
            settle(next)
            return count
        }
    }

    private static let prompt = (0..<400).map { TokenID($0 % 100) }

    /// The guesses of the last of forty steps that copy the prompt.
    private func guessesWhileCopying(_ count: Int, slope: Double) -> Int {
        var decoding = Decoding(count, slope: slope, prompt: Self.prompt)
        var guesses = 0
        for step in 0..<40 {
            guesses = decoding.step { _ in TokenID((step + 1) % 100) }
        }
        return guesses
    }

    @Test func `one sequence that copies guesses all it may where rows are cheap`() {
        #expect(guessesWhileCopying(1, slope: 0.05) == 10)
    }

    @Test func `rows that cost as much as a step are not guessed for`() {
        #expect(guessesWhileCopying(1, slope: 0.95) == 0)
    }

    @Test func `a large batch of dear rows guesses nothing, a small one of cheap rows does`() {
        #expect(guessesWhileCopying(16, slope: 0.5) == 0)
        #expect(guessesWhileCopying(2, slope: 0.05) == 20)
    }

    @Test func `what does not repeat itself stops being guessed`() {
        var generator = SeededGenerator(seed: 5)
        var decoding = Decoding(
            1, slope: 0.2, prompt: (0..<400).map { _ in TokenID(Int.random(in: 0..<12, using: &generator)) })
        var late = 0
        for step in 0..<150 {
            let token = TokenID(Int.random(in: 0..<12, using: &generator))
            let guesses = decoding.step { _ in token }
            late += step >= 50 ? guesses : 0
        }
        #expect(late < 15, "\(late) guesses in 100 steps")
    }

    @Test func `a draft that costs nothing beside the model is asked, one that costs more than the model rests`() throws
    {
        for (seconds, isAsked) in [(1e3, true), (1e-9, false)] {
            var decoding = Decoding(1, slope: 0.05, prompt: randomPrompt(40, seed: 3))
            let draft = try DraftModel(
                model: ScriptedModel(), limits: decoding.scheduler.limits, configuration: .small, tokenLimit: 64,
                windows: [ContextWindow(length: 4096)], pool: WorkerPool(threadCount: 1))
            decoding.speculator = Speculator(
                settings: Speculation(), windows: [ContextWindow(length: 4096)], draft: draft)
            for round in 0..<100 {
                decoding.speculator.observe(
                    rowCount: 1 + round % 9, seconds: seconds * (1 + 0.05 * Double(round % 9)))
            }
            var guesses = 0
            for step in 0..<6 {
                let count = decoding.step { _ in TokenID(step * 7 % 60) }
                // The first two steps tell what a pass of the draft costs, the first of them over all the prompt.
                guesses += step > 1 ? count : 0
                #expect(draft.integrityViolations().isEmpty)
            }
            #expect((guesses > 0) == isAsked)
            decoding.speculator.remove(0)
            #expect(draft.integrityViolations().isEmpty)
        }
    }

    @Test func `nothing is guessed before a step was measured, nor when it is off`() {
        var decoding = Decoding(1, slope: 0.05, settings: .off, prompt: Self.prompt)
        #expect(decoding.step { _ in 1 } == 0)
        decoding.speculator = Speculator(settings: Speculation(), windows: [ContextWindow(length: 4096)], draft: nil)
        #expect(decoding.step { _ in 2 } == 0)
    }
}
