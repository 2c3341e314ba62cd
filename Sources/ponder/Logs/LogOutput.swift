import Dispatch
import Foundation
import Synchronization

/// Writes lines of logs to a descriptor, on a thread of its own: nobody who logs waits for a disk or for a reader.
///
/// What the descriptor does not take is lost and counted, be its disk full, its reader gone or slower than what is kept for
/// it. Nothing else comes of it.
final class LogOutput: Sendable {
    private struct State {
        var waiting: [UInt8] = []
        /// The thread works on what waited, and looks again before it sleeps.
        var isAwake = false
        var isFinished = false
    }

    /// What waits at most, in bytes.
    static let defaultCapacity = 1 << 20

    /// What room is kept for lines to come, in bytes.
    private static let keptCapacity = 64 << 10

    /// How long the thread leaves lines to gather, in microseconds: one of its turns serves many.
    private static let gatheringTime: UInt32 = 5_000

    private let descriptor: Int32
    private let capacity: Int
    private let countLost: @Sendable (Int) -> Void
    private let state = Mutex(State())
    private let work = DispatchSemaphore(value: 0)
    private let end = DispatchSemaphore(value: 0)

    /// Begins to write.
    ///
    /// - Parameters:
    ///   - descriptor: Where lines go. It stays the caller's, and open.
    ///   - capacity: How many bytes wait at most while the descriptor takes none.
    ///   - countLost: Hears how many lines were lost. Called where a line is written, and on the thread.
    init(
        descriptor: Int32, capacity: Int = LogOutput.defaultCapacity, countLost: @escaping @Sendable (Int) -> Void
    ) {
        self.descriptor = descriptor
        self.capacity = capacity
        self.countLost = countLost
        let thread = Thread { self.run() }
        thread.name = "ponder-logs"
        thread.start()
    }

    /// Takes a line with its end, and returns at once.
    func write(_ line: [UInt8]) {
        let (isTaken, wakes) = state.withLock { state in
            guard !state.isFinished, state.waiting.count + line.count <= capacity else { return (false, false) }
            state.waiting += line
            let wakes = !state.isAwake
            state.isAwake = true
            return (true, wakes)
        }
        if wakes { work.signal() }
        if !isTaken { countLost(1) }
    }

    /// Waits until all that was taken is written, but not for longer than `time`. What comes later is lost.
    func finish(within time: Duration) {
        state.withLock { $0.isFinished = true }
        work.signal()
        guard end.wait(timeout: .now() + time / .seconds(1)) == .success else { return }
        // Whoever else waits is not to.
        end.signal()
    }

    private func run() {
        var isWithinLine = false
        while true {
            work.wait()
            usleep(Self.gatheringTime)
            while let lines = take() {
                let lost = Self.write(lines, to: descriptor, isWithinLine: &isWithinLine)
                if lost > 0 { countLost(lost) }
            }
            if state.withLock({ $0.isFinished }) { break }
        }
        end.signal()
    }

    /// All that waits; nil, and the thread may sleep, where nothing does.
    private func take() -> [UInt8]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isAwake = false
                return nil
            }
            let lines = state.waiting
            // As much will come while these are written.
            state.waiting = []
            state.waiting.reserveCapacity(min(lines.count, Self.keptCapacity))
            return lines
        }
    }

    /// Writes lines, or as much of them as the descriptor takes, behind the end of a line that was cut before. Returns how many
    /// lines were lost.
    static func write(_ lines: [UInt8], to descriptor: Int32, isWithinLine: inout Bool) -> Int {
        let lineEnd = UInt8(ascii: "\n")
        let bytes = isWithinLine ? [lineEnd] + lines : lines
        let count = DescriptorWriting.write(bytes, to: descriptor)
        guard count > 0 else { return lines.count { $0 == lineEnd } }
        isWithinLine = bytes[count - 1] != lineEnd
        return bytes[count...].count { $0 == lineEnd }
    }
}
