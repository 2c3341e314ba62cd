import Testing

@testable import ponder

@Suite struct PullViewTests {
    @Test(arguments: [
        (0.2, "1 s"), (58.4, "59 s"), (200, "3 min"), (3599, "1 h 0 min"), (12_000, "3 h 20 min"),
        (1e12, "a long time"),
        (.infinity, "a long time"),
    ])
    func `time left is told as people say it`(seconds: Double, text: String) {
        #expect(PullView.time(seconds) == text)
    }

    @Test(arguments: [
        (0.0, 4, "░░░░"), (0.5, 4, "██░░"), (0.99, 4, "███░"), (1.0, 4, "████"), (1.7, 4, "████"), (0.5, 3, ""),
        (0.5, -9, ""),
    ])
    func `a bar has the columns that there are, or is left out`(share: Double, columns: Int, bar: String) {
        #expect(ProgressBar.bar(share, columns: columns) == bar)
    }

    @Test func `a rate is that of the last seconds`() throws {
        let start = ContinuousClock.now
        var rate = TransferRate(since: start)
        rate.add(1000, at: start + .milliseconds(100))
        #expect(rate.bytesPerSecond(at: start + .milliseconds(100)) == nil)
        #expect(rate.bytesPerSecond(at: start + .seconds(1)) == 1000)
        rate.add(50_000, at: start + .seconds(100))
        #expect(rate.bytesPerSecond(at: start + .seconds(100)) == 10_000)
        #expect(rate.bytesPerSecond(at: start + .seconds(106)) == 0)
    }
}
