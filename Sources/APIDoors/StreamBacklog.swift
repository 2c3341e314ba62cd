internal import HTTP
internal import Synchronization

/// The events of a stream, numbered, the last ones kept: who comes back goes on behind the last that he has.
///
/// One writes, any number read, each at its own pace; none holds another up. What no longer fits is forgotten from the front.
package final class StreamBacklog: Sendable {
    /// What a reader is to send next.
    package struct Piece {
        var bytes: [UInt8]
        /// The number of its last event.
        var last: Int
        /// Whether nothing will follow.
        var isEnd: Bool
    }

    /// What wakes a reader.
    private enum Signal {
        case events
        /// Time has passed in silence.
        case silence
    }

    private struct State {
        /// Frames with their numbers inside; the first is of the event `firstNumber`.
        var events: [[UInt8]] = []
        var firstNumber = 1
        var byteCount = 0
        var isFinished = false
        var signals: [Int: AsyncStream<Signal>.Continuation] = [:]
        var nextReader = 0

        var lastNumber: Int { firstNumber + events.count - 1 }
    }

    private let state = Mutex(State())
    private let name: String
    private let byteLimit: Int

    /// - Parameters:
    ///   - name: stands before the number in each event's id.
    ///   - byteLimit: of the frames that are kept.
    init(name: String, byteLimit: Int) {
        self.name = name
        self.byteLimit = byteLimit
    }

    /// Appends whole frames of server-sent events. Comments are not kept: they only wake who reads now.
    func append(_ frames: [UInt8]) {
        guard !frames.isEmpty else { return }
        let new = Self.split(frames)
        let signals = state.withLock { state in
            for frame in new {
                let event = Array("id: \(name):\(state.lastNumber + 1)\n".utf8) + frame
                state.events.append(event)
                state.byteCount += event.count
            }
            var forgotten = 0
            while state.byteCount > byteLimit, forgotten < state.events.count {
                state.byteCount -= state.events[forgotten].count
                forgotten += 1
            }
            state.events.removeFirst(forgotten)
            state.firstNumber += forgotten
            return Array(state.signals.values)
        }
        signals.forEach { $0.yield(new.isEmpty ? .silence : .events) }
    }

    func finish() {
        let signals = state.withLock { state in
            state.isFinished = true
            return Array(state.signals.values)
        }
        signals.forEach { $0.yield(.events) }
    }

    var isFinished: Bool { state.withLock { $0.isFinished } }

    var readerCount: Int { state.withLock { $0.signals.count } }

    /// What comes behind the event of a number; nil where it has been forgotten, or never was.
    package func piece(behind number: Int) -> Piece? {
        state.withLock { state in
            guard number >= state.firstNumber - 1, number <= state.lastNumber else { return nil }
            let events = state.events[(number - state.firstNumber + 1)...]
            return Piece(bytes: Array(events.joined()), last: state.lastNumber, isEnd: state.isFinished)
        }
    }

    /// Hands all events behind one of a number to `receive` as they come, until the last.
    ///
    /// - Returns: whether the last one was reached; otherwise what was to come has been forgotten.
    func read(behind number: Int, _ receive: ([UInt8]) async throws -> Void) async throws -> Bool {
        let (signal, continuation) = AsyncStream.makeStream(of: Signal.self, bufferingPolicy: .bufferingNewest(1))
        let reader = state.withLock { state in
            state.nextReader += 1
            state.signals[state.nextReader] = continuation
            return state.nextReader
        }
        defer { _ = state.withLock { $0.signals.removeValue(forKey: reader) } }
        // What is there already.
        continuation.yield(.events)
        var number = number
        for await reason in signal {
            guard let piece = piece(behind: number) else { return false }
            number = piece.last
            if !piece.bytes.isEmpty {
                try await receive(piece.bytes)
            } else if reason == .silence, !piece.isEnd {
                var comment: [UInt8] = []
                ServerSentEvents.append(comment: "keep-alive", to: &comment)
                try await receive(comment)
            }
            if piece.isEnd { return true }
        }
        throw CancellationError()
    }

    /// The number in an id of this stream's events; nil for another's.
    package func number(inID id: String) -> Int? {
        guard id.hasPrefix(name + ":") else { return nil }
        return Int(id.dropFirst(name.count + 1))
    }

    /// Frames end with an empty line, which no data holds.
    private static func split(_ frames: [UInt8]) -> [ArraySlice<UInt8>] {
        let newline = UInt8(ascii: "\n")
        var found: [ArraySlice<UInt8>] = []
        var start = 0
        for index in frames.indices.dropFirst() where frames[index] == newline && frames[index - 1] == newline {
            guard index >= start + 1 else { continue }
            let frame = frames[start...index]
            if frame.first != UInt8(ascii: ":") { found.append(frame) }
            start = index + 1
        }
        return found
    }
}
