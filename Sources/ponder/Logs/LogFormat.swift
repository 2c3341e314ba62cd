import Logging

/// How logs are written.
enum LogFormat: String, Sendable {
    case text
    case json

    /// A handler whose lines go to an output.
    func handler(label: String, output: LogOutput) -> any LogHandler {
        switch self {
        case .text: StreamLogHandler(label: label, stream: TextLines(output: output))
        case .json: JSONLogHandler(write: output.write)
        }
    }
}

/// An output as the handler of plain text writes to it: line by line.
private struct TextLines: TextOutputStream, Sendable {
    let output: LogOutput

    func write(_ line: String) {
        output.write(Array(line.utf8))
    }
}
