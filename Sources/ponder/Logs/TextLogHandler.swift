import Logging

/// Writes each message as a line for people: time, level, label, the metadata by name, where it comes from, and the message.
struct TextLogHandler: LogHandler {
    let label: String
    /// Takes a line with its end.
    let write: @Sendable ([UInt8]) -> Void
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(label: String, write: @escaping @Sendable ([UInt8]) -> Void) {
        self.label = label
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line: [UInt8] = []
        line.reserveCapacity(256)
        LogTime.now.append(to: &line)
        line.append(UInt8(ascii: " "))
        line += event.level.rawValue.utf8
        line.append(UInt8(ascii: " "))
        line += label.utf8
        line.append(UInt8(ascii: ":"))
        for (key, value) in LogFields.all(of: self, event) {
            line.append(UInt8(ascii: " "))
            line += key.utf8
            line.append(UInt8(ascii: "="))
            // Most are texts: no copy of theirs is made.
            if case .string(let text) = value { line += text.utf8 } else { line += value.description.utf8 }
        }
        line += " [".utf8
        line += event.source.utf8
        line += "] ".utf8
        line += event.message.description.utf8
        line.append(UInt8(ascii: "\n"))
        write(line)
    }
}

/// What a message is about: the handler's metadata, the provider's and the message's own, which come last and so win.
enum LogFields {
    /// In the order of their names.
    static func all(of handler: some LogHandler, _ event: LogEvent) -> [(key: String, value: Logger.MetadataValue)] {
        var fields = handler.metadata
        if let provided = handler.metadataProvider?.get() { fields.merge(provided) { $1 } }
        if fields.isEmpty {
            fields = event.metadata ?? [:]
        } else if let own = event.metadata {
            fields.merge(own) { $1 }
        }
        if let error = event.error { fields["error"] = "\(error)" }
        return fields.sorted { $0.key < $1.key }
    }
}
