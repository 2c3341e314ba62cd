import HTTP
import Sockets
import Synchronization
import Testing

@testable import APIDoors

@Suite struct KeyGuessesTests {
    private final class Clock: Sendable {
        private let instant = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { instant.withLock { $0 } }
        func advance(_ duration: Duration) { instant.withLock { $0 += duration } }
    }

    private let clock = Clock()
    private let access: AccessControl

    init() {
        access = AccessControl(
            keys: [AccessKey("right", name: "right"), AccessKey("other", name: "other")], wrongKeysPerMinute: 3
        ) { [clock] in clock.now }
    }

    /// The status with which a request from an address is answered.
    private func status(_ keys: String..., from host: String? = "192.0.2.1") -> Int {
        let peer = host.map { host in
            host.contains(":") ? SocketAddress.ipv6(host: host, port: 1) : .ipv4(host: host, port: 1)
        }
        switch access.admission(bringing: keys.map { Array($0.utf8) }, from: peer ?? .unix(path: "")) {
        case .caller: return 200
        case .refused(let error): return error.status
        }
    }

    @Test func `who has guessed too often waits, whatever it brings`() {
        for _ in 0..<3 { #expect(status("wrong") == 401) }
        #expect(status("wrong") == 429)
        #expect(status("right") == 429)
        // Without a key nothing is guessed.
        #expect(status() == 401)
        #expect(status("right", from: "192.0.2.2") == 200)
        clock.advance(.seconds(20))
        #expect(status("right") == 200)
    }

    @Test func `a refusal says when to come back, and takes nothing`() throws {
        for _ in 0..<3 { _ = status("wrong") }
        for _ in 0..<100 { _ = status("wrong") }
        guard
            case .refused(let error) = access.admission(
                bringing: [Array("wrong".utf8)], from: .ipv4(host: "192.0.2.1", port: 9))
        else {
            Issue.record("let in")
            return
        }
        #expect(error.retryAfter == .seconds(20))
        #expect(error.code == .rateLimitExceeded)
        clock.advance(.seconds(20))
        #expect(status("wrong") == 401)
        #expect(status("wrong") == 429)
    }

    @Test func `a key that was used from an address before still opens`() {
        #expect(status("right") == 200)
        for _ in 0..<3 { _ = status("wrong") }
        #expect(status("right") == 200)
        // This one would be a guess that is right.
        #expect(status("other") == 429)
    }

    @Test func `a wrong key beside a right one is no guess, and two wrong ones are two`() {
        for _ in 0..<10 { #expect(status("wrong", "right", from: "192.0.2.9") == 200) }
        #expect(status("wrong", "wrong") == 401)
        #expect(status("wrong", "wrong") == 401)
        #expect(status("wrong") == 429)
    }

    @Test func `a subscriber's addresses of IPv6 count as one`() {
        for number in 1...3 { #expect(status("wrong", from: "2001:db8::\(number)") == 401) }
        #expect(status("wrong", from: "2001:db8::ffff:1") == 429)
        #expect(status("wrong", from: "2001:db8:0:1::1") == 401)
    }

    @Test func `at a Unix domain socket nobody is counted`() {
        for _ in 0..<10 { #expect(status("wrong", from: nil) == 401) }
        #expect(status("right", from: nil) == 200)
    }

    @Test func `the table is bounded, and the worst stay in it`() {
        let guesses = KeyGuesses(limit: 10) { [clock] in clock.now }
        func address(_ number: Int) throws -> NumericAddress {
            try #require(NumericAddress("10.\(number >> 16).\(number >> 8 & 255).\(number & 255)"))
        }
        #expect(throws: Never.self) {
            for _ in 0..<10 { guesses.count(1, from: try address(0)) }
            for number in 1..<3 * KeyGuesses.capacity { guesses.count(1, from: try address(number)) }
            #expect(try guesses.wait(of: address(0)) != nil)
        }
        #expect(guesses.addressCount <= KeyGuesses.capacity)
    }

    @Test func `good keys are bounded too`() throws {
        let guesses = KeyGuesses(limit: 1) { [clock] in clock.now }
        let digest = KeyDigest(of: "key".utf8)
        for number in 0..<2 * KeyGuesses.capacity {
            clock.advance(.milliseconds(1))
            guesses.note(digest, from: try #require(NumericAddress("10.0.\(number >> 8).\(number & 255)")))
        }
        #expect(try guesses.knows(digest, from: #require(NumericAddress("10.0.31.255"))))
        #expect(try !guesses.knows(digest, from: #require(NumericAddress("10.0.0.0"))))
    }
}
