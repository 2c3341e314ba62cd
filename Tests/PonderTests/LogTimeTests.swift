import Foundation
import Testing

@testable import ponder

@Suite struct LogTimeTests {
    private func text(_ seconds: Int, _ nanoseconds: Int = 0) -> String {
        var bytes: [UInt8] = []
        LogTime(seconds: seconds, nanoseconds: nanoseconds).append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `times are written as the calendar has them`() {
        #expect(text(0) == "1970-01-01T00:00:00.000Z")
        #expect(text(951_782_399, 999_999_999) == "2000-02-28T23:59:59.999Z")
        #expect(text(951_782_400, 1_000_000) == "2000-02-29T00:00:00.001Z")
        #expect(text(4_107_542_400) == "2100-03-01T00:00:00.000Z")
    }

    @Test func `every day of two centuries is that of the system's calendar`() {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for day in stride(from: 0, to: 73_000, by: 7) {
            let seconds = day * 86_400 + day % 86_400
            let expected = Date(timeIntervalSince1970: Double(seconds)).formatted(style)
            #expect(text(seconds) == expected)
        }
    }
}
