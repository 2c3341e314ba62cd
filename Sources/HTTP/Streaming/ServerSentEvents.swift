public import HTTPTypes

/// The form of `text/event-stream`: frames of one event each, and comments that only keep the connection alive.
///
/// See the HTML standard, "Server-sent events".
public enum ServerSentEvents {
    /// The fields of the head: the type, and what keeps caches and proxies from holding events back.
    public static let headers: HTTPFields = [
        .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-cache", .accelBuffering: "no",
    ]

    /// Appends the frame of one event, so that several can be sent in one write.
    public static func append(name: String? = nil, data: [UInt8], to frames: inout [UInt8]) {
        if let name {
            // A line break in a name would start another field.
            frames += Array("event: ".utf8) + name.utf8.filter { $0 != newline && $0 != carriageReturn } + [newline]
        }
        for line in lines(data) {
            frames += dataPrefix
            frames += line
            frames.append(newline)
        }
        frames.append(newline)
    }

    /// Appends a comment, which clients pass over.
    public static func append(comment text: String, to frames: inout [UInt8]) {
        for line in lines(Array(text.utf8)) {
            frames += Array(": ".utf8) + line + [newline]
        }
        frames.append(newline)
    }

    private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        guard bytes.contains(where: { $0 == newline || $0 == carriageReturn }) else { return [bytes[...]] }
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        var index = 0
        while index < bytes.count {
            if bytes[index] == newline || bytes[index] == carriageReturn {
                lines.append(bytes[start..<index])
                let isPair = bytes[index] == carriageReturn && index + 1 < bytes.count && bytes[index + 1] == newline
                index += isPair ? 1 : 0
                start = index + 1
            }
            index += 1
        }
        lines.append(bytes[start...])
        return lines
    }
}

private let newline = UInt8(ascii: "\n")
private let carriageReturn = UInt8(ascii: "\r")
private let dataPrefix = Array("data: ".utf8)
