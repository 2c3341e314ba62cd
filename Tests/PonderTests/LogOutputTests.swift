import Foundation
import Synchronization
import Testing

@testable import ponder

@Suite struct LogOutputTests {
    private final class Lost: Sendable {
        let count = Atomic<Int>(0)
        var value: Int { count.load(ordering: .sequentiallyConsistent) }
        func add(_ number: Int) { count.add(number, ordering: .sequentiallyConsistent) }
    }

    /// A machine may hold a thread, or the whole process, up for minutes. No test here is about how long writing takes.
    private static let unlimited = Duration.seconds(86_400)

    /// Both ends of a pipe.
    private func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        try #require(unsafe Glibc.pipe(&ends) == 0)
        return (ends[0], ends[1])
    }

    private func line(_ number: Int, length: Int = 0) -> [UInt8] {
        Array("line \(number) \(String(repeating: "x", count: length))\n".utf8)
    }

    @Test func `lines arrive whole and in order, also those that wait at the end`() throws {
        let ends = try pipe()
        defer { close(ends.read) }
        let lost = Lost()
        let output = LogOutput(descriptor: ends.write, countLost: lost.add)
        for number in 0..<500 { output.write(line(number)) }
        output.finish(within: Self.unlimited)
        close(ends.write)
        let text = FileHandle(fileDescriptor: ends.read).readDataToEndOfFile()
        #expect(Array(text) == (0..<500).flatMap { line($0) })
        #expect(lost.value == 0)
    }

    @Test func `a full disk loses lines and counts them`() throws {
        let full = open("/dev/full", O_WRONLY)
        defer { close(full) }
        let lost = Lost()
        let output = LogOutput(descriptor: full, countLost: lost.add)
        for number in 0..<100 { output.write(line(number)) }
        output.finish(within: Self.unlimited)
        #expect(lost.value == 100)
    }

    @Test func `a closed descriptor loses lines and counts them`() {
        let lost = Lost()
        let output = LogOutput(descriptor: -1, countLost: lost.add)
        for number in 0..<100 { output.write(line(number)) }
        output.finish(within: Self.unlimited)
        output.write(line(100))
        #expect(lost.value == 101)
    }

    @Test func `a reader that does not read holds nobody up`() throws {
        let ends = try pipe()
        defer { close(ends.read) }
        let lost = Lost()
        let output = LogOutput(descriptor: ends.write, capacity: 100_000, countLost: lost.add)
        // More than the pipe and what may wait together, which a writer that waits would never get through.
        for number in 0..<1_000 { output.write(line(number, length: 1_000)) }
        let lostWhileNobodyRead = lost.value
        #expect(lostWhileNobodyRead > 0)
        let reader = Thread { [read = ends.read] in
            while unsafe withUnsafeTemporaryAllocation(
                byteCount: 65_536, alignment: 1, { unsafe Glibc.read(read, $0.baseAddress, $0.count) }) > 0
            {}
        }
        reader.start()
        output.finish(within: Self.unlimited)
        close(ends.write)
        #expect(lost.value == lostWhileNobodyRead)
    }

    @Test func `after a line that was cut the next one begins on its own`() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        defer { unlink(path) }
        let file = open(path, O_RDWR | O_CREAT | O_NONBLOCK, 0o600)
        defer { close(file) }
        var isWithinLine = true
        #expect(LogOutput.write(line(1), to: file, isWithinLine: &isWithinLine) == 0)
        #expect(!isWithinLine)
        #expect(FileManager.default.contents(atPath: path).map { Array($0) } == Array("\n".utf8) + line(1))
        isWithinLine = true
        #expect(LogOutput.write(line(2) + line(3), to: -1, isWithinLine: &isWithinLine) == 2)
        #expect(isWithinLine)
    }
}
