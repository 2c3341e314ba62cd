/// Server-sent events: bytes in, the data of events out. Comments, names and ids are passed over.
///
/// Source: the "Server-sent events" chapter of the HTML standard; line ends may be CR, LF or both.
public struct EventStreamParser: Sendable {
    private var line: [UInt8] = []
    private var data: [[UInt8]] = []
    private var followsCarriageReturn = false

    public init() {}

    /// The data of the events that these bytes complete. How the bytes were cut makes no difference.
    public mutating func consume(_ bytes: some Sequence<UInt8>) -> [[UInt8]] {
        var events: [[UInt8]] = []
        for byte in bytes {
            let skips = followsCarriageReturn && byte == 0x0A
            followsCarriageReturn = byte == 0x0D
            if skips { continue }
            if byte == 0x0A || byte == 0x0D {
                endLine(&events)
            } else {
                line.append(byte)
            }
        }
        return events
    }

    private mutating func endLine(_ events: inout [[UInt8]]) {
        defer { line.removeAll(keepingCapacity: true) }
        if line.isEmpty {
            if !data.isEmpty {
                events.append(Array(data.joined(separator: [0x0A])))
                data = []
            }
            return
        }
        let field = Array("data".utf8)
        guard line.starts(with: field) else { return }
        var value = line.dropFirst(field.count)
        if value.isEmpty {
            data.append([])
            return
        }
        guard value.popFirst() == UInt8(ascii: ":") else { return }
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        data.append(Array(value))
    }
}
