import JSON
import TestSupport

@testable import Doctor

/// A server that passes, as it was recorded, and what others have been seen to do wrong, as changes of that record.
///
/// `recording.json` is what `ponder doctor --record` wrote of `ponder serve --embeddings --api-key …` with the built-in model,
/// with fewer pieces in its streams, fewer metrics and shorter vectors. `faults.json` has the faults: the complaint that each
/// stands for, the changes, and the checks that are to fail.
enum RecordedServer {
    static func recording() throws -> Recording { try shared.get() }

    /// Read once for all tests.
    private static let shared = Result {
        let value = try JSONValue(parsing: Fixtures.bytes("doctor/recording.json"))
        guard let recording = Recording(value) else { throw Unreadable(name: "recording.json") }
        return recording
    }

    struct Unreadable: Error {
        let name: String
    }

    struct Fault: CustomStringConvertible, Sendable {
        /// 0 where it is about the grammar alone.
        let complaint: Int
        let description: String
        let expected: Set<String>
        fileprivate let edits: [JSONValue]

        func applied(to recording: Recording) throws -> Recording {
            var recording = recording
            for edit in edits {
                guard let scenario = edit["scenario"]?.stringValue, let step = edit["step"]?.intValue,
                    var transcript = recording.transcripts[scenario]?[step]
                else { throw Unreadable(name: description) }
                try Self.apply(edit, to: &transcript)
                recording.transcripts[scenario]?[step] = transcript
            }
            return recording
        }

        private static func apply(_ edit: JSONValue, to transcript: inout Transcript) throws {
            if let status = edit["status"]?.intValue { transcript.status = status }
            if let body = edit["body"]?.stringValue { transcript.body = Array(body.utf8) }
            if let times = edit["piece_times_ms"]?.arrayValue { transcript.pieceTimes = times.compactMap(\.intValue) }
            guard let old = edit["old"]?.stringValue else { return }
            let bytes = edit["new_bytes"]?.arrayValue?.compactMap { $0.intValue.flatMap(UInt8.init(exactly:)) }
            let new = bytes ?? Array((edit["new"]?.stringValue ?? "").utf8)
            let ranges = transcript.body.ranges(of: Array(old.utf8))
            let chosen =
                edit["which"] == "all" ? ranges : edit["which"] == "last" ? ranges.suffix(1) : Array(ranges.prefix(1))
            guard !chosen.isEmpty else { throw Unreadable(name: old) }
            for range in chosen.reversed() { transcript.body.replaceSubrange(range, with: new) }
        }
    }

    static func faults() throws -> [Fault] {
        let list = try JSONValue(parsing: Fixtures.bytes("doctor/faults.json")).arrayValue ?? []
        return list.map { fault in
            Fault(
                complaint: fault["complaint"]?.intValue ?? 0, description: fault["what"]?.stringValue ?? "",
                expected: Set((fault["expects"]?.arrayValue ?? []).compactMap(\.stringValue)),
                edits: fault["edits"]?.arrayValue ?? [])
        }
    }
}
