import Logging

/// How logs are written.
enum LogFormat: String, Sendable {
    case text
    case json

    /// A handler whose lines go to an output.
    func handler(label: String, output: LogOutput) -> any LogHandler {
        switch self {
        case .text: TextLogHandler(label: label, write: output.write)
        case .json: JSONLogHandler(write: output.write)
        }
    }
}
