import Testing

@testable import APIDoors

@Suite struct RateLimiterTests {
    private let start = ContinuousClock.now

    @Test func `requests come back evenly over the minute`() {
        let limiter = RateLimiter(RateLimits(requestsPerMinute: 3), clock: { [start] in start })
        for _ in 0..<3 { #expect(limiter.admit(at: start) == nil) }
        #expect(limiter.admit(at: start)?.wait == .seconds(20))
        #expect(limiter.admit(at: start + .seconds(15))?.wait == .seconds(5))
        #expect(limiter.admit(at: start + .seconds(20)) == nil)
        #expect(limiter.admit(at: start + .seconds(20)) != nil)
        #expect(limiter.standings(at: start + .seconds(600)).first?.remaining == 3)
    }

    @Test func `tokens may go into debt, which has to be paid first`() {
        let limiter = RateLimiter(RateLimits(tokensPerMinute: 60), clock: { [start] in start })
        #expect(limiter.admit(at: start) == nil)
        limiter.spend(tokens: 119, at: start)
        #expect(limiter.admit(at: start) == .init(kind: .tokens, limit: 60, wait: .seconds(60)))
        #expect(limiter.admit(at: start + .seconds(60)) == nil)
    }

    @Test func `a refused request takes nothing, and the longer wait is told`() {
        let limiter = RateLimiter(RateLimits(requestsPerMinute: 60, tokensPerMinute: 60), clock: { [start] in start })
        limiter.spend(tokens: 70, at: start)
        #expect(limiter.admit(at: start)?.kind == .tokens)
        #expect(
            limiter.standings(at: start) == [
                .init(kind: .requests, limit: 60, remaining: 60, reset: .zero),
                .init(kind: .tokens, limit: 60, remaining: 0, reset: .seconds(70)),
            ])
    }

    @Test func `a clock that stands still or goes back gives nothing away`() {
        let limiter = RateLimiter(RateLimits(requestsPerMinute: 1), clock: { [start] in start })
        #expect(limiter.admit(at: start) == nil)
        #expect(limiter.admit(at: start - .seconds(120)) != nil)
        #expect(limiter.admit(at: start) != nil)
    }

    @Test func `tokens are counted as they come and settled at the end`() {
        let limiter = RateLimiter(RateLimits(tokensPerMinute: 100), clock: { [start] in start })
        let meter = TokenMeter(Caller(key: nil, name: "a", scopes: [], limiter: limiter))
        meter.count(10)
        meter.count(.generated(choice: 0, count: 5))
        meter.count(.pulse)
        #expect(limiter.standings(at: start).first?.remaining == 85)
        meter.settle(.init(promptTokens: 8, completionTokens: 6))
        #expect(limiter.standings(at: start).first?.remaining == 86)
    }
}
