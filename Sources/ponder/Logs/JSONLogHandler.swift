import JSON
import Logging

/// Writes each message as one JSON object on a line of its own: `time`, `level`, `message`, then the metadata by name. Numbers
/// of the metadata are numbers.
struct JSONLogHandler: LogHandler {
    /// Takes a line with its end.
    let write: @Sendable ([UInt8]) -> Void
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(write: @escaping @Sendable ([UInt8]) -> Void) {
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var time: [UInt8] = [UInt8(ascii: "\"")]
        LogTime.now.append(to: &time)
        time.append(UInt8(ascii: "\""))
        var writer = JSONWriter()
        writer.beginObject()
        writer.append(key: "time")
        writer.append(rawJSON: time)
        writer.append(key: "level")
        writer.append(string: event.level.rawValue)
        writer.append(key: "message")
        writer.append(string: event.message.description)
        for (key, value) in LogFields.all(of: self, event) where !Self.ownKeys.contains(key) {
            writer.append(key: key)
            Self.append(value, to: &writer)
        }
        writer.endObject()
        write(writer.bytes + [UInt8(ascii: "\n")])
    }

    private static let ownKeys: Set<String> = ["time", "level", "message"]

    private static func append(_ value: Logger.MetadataValue, to writer: inout JSONWriter) {
        switch value {
        case .string(let text): writer.append(string: text)
        case .stringConvertible(let number as Int): writer.append(int: number)
        case .stringConvertible(let number as Double): writer.append(double: number)
        case .stringConvertible(let value): writer.append(string: value.description)
        case .array(let values):
            writer.beginArray()
            for value in values { append(value, to: &writer) }
            writer.endArray()
        case .dictionary(let members):
            writer.beginObject()
            for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                writer.append(key: key)
                append(value, to: &writer)
            }
            writer.endObject()
        }
    }
}
