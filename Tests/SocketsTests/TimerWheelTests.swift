import Testing

@testable import Sockets

struct TimerWheelTests {
    @Test func everyEntryComesUpOnceAndNotEarly() {
        var wheel = TimerWheel(bucketCount: 8)
        let ticks: [UInt64] = [1, 2, 7, 8, 9, 16, 17, 100, 3, 3]
        for (index, tick) in ticks.enumerated() {
            wheel.add(PollToken(slot: UInt32(index), generation: 0), at: tick)
        }
        var cameUp: [UInt32: UInt64] = [:]
        for now in stride(from: UInt64(1), through: 120, by: 3) {
            for entry in wheel.advance(to: now) {
                #expect(cameUp.updateValue(now, forKey: entry.token.slot) == nil)
                #expect(entry.tick <= now && now < entry.tick + 3)
            }
        }
        #expect(cameUp.count == ticks.count)
        #expect(wheel.count == 0)
    }

    @Test func aLongPauseBringsUpAllThatPassed() {
        var wheel = TimerWheel(bucketCount: 8)
        for tick in 1...50 { wheel.add(PollToken(slot: UInt32(tick), generation: 0), at: UInt64(tick)) }
        #expect(wheel.advance(to: 40).count == 40)
        #expect(wheel.advance(to: 1_000).count == 10)
    }
}
