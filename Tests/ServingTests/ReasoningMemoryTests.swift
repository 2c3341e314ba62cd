import Synchronization
import TestSupport
import Testing

@testable import Serving

/// A clock that tests move.
final class TestClock: Sendable {
    private let time = Mutex(ContinuousClock.now)

    func pass(_ duration: Duration) {
        time.withLock { $0 += duration }
    }

    var now: ContinuousClock.Instant { time.withLock { $0 } }
}

@Suite struct ReasoningMemoryTests {
    private let clock = TestClock()

    private func memory(byteLimit: Int = 10_000) -> ReasoningMemory {
        ReasoningMemory(byteLimit: byteLimit, lifetime: .seconds(60)) { [clock] in clock.now }
    }

    private func name(_ number: Int) -> ReasoningMemory.Name {
        ReasoningMemory.Name(first: number, second: -number)
    }

    @Test func `a thought is found by any of its names, the first that is known going first`() {
        let memory = memory()
        memory.keep("one", under: [name(1), name(2)])
        memory.keep("three", under: [name(3)])
        #expect(memory.recall([name(9), name(2)]) == "one")
        #expect(memory.recall([name(3), name(1)]) == "three")
        #expect(memory.recall([name(9)]) == nil)
        #expect(memory.recall([]) == nil)
    }

    @Test func `a newer thought takes over a name, and the older one stays under its other`() {
        let memory = memory()
        memory.keep("old", under: [name(1), name(2)])
        memory.keep("new", under: [name(3), name(2)])
        #expect(memory.recall([name(2)]) == "new")
        #expect(memory.recall([name(1)]) == "old")
        let size = memory.byteCount
        memory.keep("net", under: [name(1)])
        #expect(memory.byteCount == size, "what has no name left is gone")
    }

    @Test func `a thought is gone when it was out of use for longer than its lifetime`() {
        let memory = memory()
        memory.keep("one", under: [name(1)])
        memory.keep("two", under: [name(2)])
        clock.pass(.seconds(50))
        #expect(memory.recall([name(1)]) == "one")
        clock.pass(.seconds(50))
        #expect(memory.recall([name(2)]) == nil)
        #expect(memory.recall([name(1)]) == "one")
        clock.pass(.seconds(61))
        #expect(memory.recall([name(1)]) == nil)
        #expect(memory.byteCount == 0)
    }

    @Test func `those out of use for longest make room, and what is too large is not kept`() {
        let text = String(repeating: "a", count: 3000)
        let memory = memory()
        for number in 1...3 {
            memory.keep(text, under: [name(number)])
        }
        #expect(memory.recall([name(1)]) == text)
        memory.keep(text, under: [name(4)])
        #expect(memory.recall([name(2)]) == nil)
        #expect(memory.recall([name(1)]) == text)
        memory.keep(String(repeating: "a", count: 10_000), under: [name(5)])
        #expect(memory.recall([name(5)]) == nil)
        #expect(memory.recall([name(4)]) == text)
    }

    @Test func `the books stay right over many random uses`() {
        let memory = memory(byteLimit: 20_000)
        var random = SeededGenerator(seed: 6)
        var texts: [Int: String] = [:]
        for _ in 0..<5000 {
            let number = Int.random(in: 0..<80, using: &random)
            if Bool.random(using: &random) {
                texts[number] = String(repeating: "x", count: Int.random(in: 1...900, using: &random))
                memory.keep(texts[number] ?? "", under: [name(number)])
            } else if let found = memory.recall([name(number)]) {
                #expect(found == texts[number])
            }
            #expect(memory.byteCount <= 20_000)
        }
        clock.pass(.seconds(61))
        #expect(memory.recall([name(0)]) == nil)
        #expect(memory.byteCount == 0)
    }
}
