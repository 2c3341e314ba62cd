internal import Foundation
internal import HTTP
internal import Synchronization

/// The bytes of a stream, its events numbered, the last ones kept: who comes back goes on behind the last event, or the last
/// byte, that he has.
///
/// One writes, any number read, each at its own pace; none holds another up, and all read the same bytes, comments included.
/// What no longer fits is forgotten from the front.
package final class StreamBacklog: Sendable {
    /// A place between two bytes of the stream.
    package struct Position: Hashable, Sendable {
        /// How many frames lie before it, forgotten ones included.
        var frame = 0
        /// How many bytes of the next frame lie before it.
        var byte = 0

        package static let start = Position()
    }

    /// What a reader is to send next.
    package struct Piece {
        var bytes: [UInt8]
        /// Where it ends.
        var end: Position
        /// Whether nothing will follow.
        var isEnd: Bool
    }

    /// What is known of a stream without reading it.
    package struct Summary: Hashable, Sendable {
        package var byteCount: Int
        package var isFinished: Bool
        /// In seconds since 1970.
        package var startTime: Int
        /// Nil while it goes on.
        package var endTime: Int?
    }

    private struct Frame {
        var bytes: [UInt8]
        /// The event's number; a comment has that of the event before it.
        var number: Int
    }

    private struct State {
        var frames: [Frame] = []
        var byteCount = 0
        var lastNumber = 0
        var forgottenFrameCount = 0
        var forgottenByteCount = 0
        /// The number of the last event that was forgotten.
        var forgottenNumber = 0
        var startTime = 0
        var endTime: Int?
        var signals: [Int: AsyncStream<Void>.Continuation] = [:]
        var nextReader = 0

        var isFinished: Bool { endTime != nil }

        func position(ofFrame index: Int, byte: Int = 0) -> Position {
            Position(frame: forgottenFrameCount + index, byte: byte)
        }
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
        state.withLock { $0.startTime = Self.now }
    }

    /// Appends whole frames of server-sent events.
    func append(_ frames: [UInt8]) {
        guard !frames.isEmpty else { return }
        let new = Self.split(frames)
        let signals = state.withLock { state in
            for frame in new {
                let isComment = frame.first == UInt8(ascii: ":")
                if !isComment { state.lastNumber += 1 }
                let bytes = isComment ? Array(frame) : Array("id: \(name):\(state.lastNumber)\n".utf8) + frame
                state.frames.append(Frame(bytes: bytes, number: state.lastNumber))
                state.byteCount += bytes.count
            }
            forget(&state)
            return Array(state.signals.values)
        }
        signals.forEach { $0.yield() }
    }

    private func forget(_ state: inout State) {
        var count = 0
        while state.byteCount > byteLimit, count < state.frames.count {
            let frame = state.frames[count]
            state.byteCount -= frame.bytes.count
            state.forgottenByteCount += frame.bytes.count
            state.forgottenNumber = frame.number
            count += 1
        }
        state.frames.removeFirst(count)
        state.forgottenFrameCount += count
    }

    func finish() {
        let signals = state.withLock { state in
            state.endTime = state.endTime ?? Self.now
            return Array(state.signals.values)
        }
        signals.forEach { $0.yield() }
    }

    var isFinished: Bool { state.withLock { $0.isFinished } }

    var readerCount: Int { state.withLock { $0.signals.count } }

    /// Whether it goes on and was read, but by nobody any more.
    var isAbandoned: Bool { state.withLock { !$0.isFinished && $0.nextReader > 0 && $0.signals.isEmpty } }

    package var summary: Summary {
        state.withLock { state in
            Summary(
                byteCount: state.forgottenByteCount + state.byteCount, isFinished: state.isFinished,
                startTime: state.startTime, endTime: state.endTime)
        }
    }

    /// The place behind the event of a number; nil where what follows has been forgotten, or the event never was.
    package func position(behind number: Int) -> Position? {
        state.withLock { state in
            guard number >= state.forgottenNumber, number <= state.lastNumber else { return nil }
            return state.position(ofFrame: state.frames.firstIndex { $0.number > number } ?? state.frames.count)
        }
    }

    /// The place behind so many bytes of the stream; nil where what follows has been forgotten, or has not come.
    package func position(behindByte count: Int) -> Position? {
        state.withLock { state in
            var rest = count - state.forgottenByteCount
            guard rest >= 0, rest <= state.byteCount else { return nil }
            for (index, frame) in state.frames.enumerated() {
                guard rest >= frame.bytes.count else { return state.position(ofFrame: index, byte: rest) }
                rest -= frame.bytes.count
            }
            return state.position(ofFrame: state.frames.count)
        }
    }

    /// What comes behind a place; nil where it has been forgotten.
    func piece(from position: Position) -> Piece? {
        state.withLock { state in
            let index = position.frame - state.forgottenFrameCount
            guard index >= 0, index <= state.frames.count else { return nil }
            let bytes = state.frames[index...].flatMap(\.bytes).dropFirst(position.byte)
            return Piece(
                bytes: Array(bytes), end: state.position(ofFrame: state.frames.count), isEnd: state.isFinished)
        }
    }

    /// Hands all that comes behind a place to `receive` as it comes, to the end.
    ///
    /// - Returns: whether the end was reached; otherwise what was to come has been forgotten.
    func read(from start: Position, _ receive: ([UInt8]) async throws -> Void) async throws -> Bool {
        let (signal, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let reader = state.withLock { state in
            state.nextReader += 1
            state.signals[state.nextReader] = continuation
            return state.nextReader
        }
        defer { _ = state.withLock { $0.signals.removeValue(forKey: reader) } }
        // What is there already.
        continuation.yield()
        var position = start
        for await _ in signal {
            guard let piece = piece(from: position) else { return false }
            position = piece.end
            if !piece.bytes.isEmpty { try await receive(piece.bytes) }
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
            found.append(frames[start...index])
            start = index + 1
        }
        return found
    }

    private static var now: Int { Int(Date().timeIntervalSince1970) }
}
