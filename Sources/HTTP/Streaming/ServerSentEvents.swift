public import HTTPTypes

/// A response of `text/event-stream`: frames of one event each, and comments that only keep the connection alive.
///
/// See the HTML standard, "Server-sent events". Dropped without `finish()`, the connection is broken off.
public struct ServerSentEvents: ~Copyable, Sendable {
    private var body: BodyWriter

    /// Sends the head: status 200, and fields that keep caches and proxies from holding events back.
    public init(_ writer: consuming ResponseWriter, headers: HTTPFields = [:]) async throws(ResponseError) {
        var head = HTTPResponse(status: .ok, headerFields: headers)
        head.headerFields[.contentType] = "text/event-stream; charset=utf-8"
        head.headerFields[.cacheControl] = "no-cache"
        head.headerFields[.accelBuffering] = "no"
        body = try await writer.writeHead(head)
    }

    /// Sends one event.
    public mutating func event(data: [UInt8]) async throws(ResponseError) {
        var frame: [UInt8] = []
        Self.append(data: data, to: &frame)
        try await body.write(frame)
    }

    /// Sends one event.
    public mutating func event(data: String) async throws(ResponseError) {
        try await event(data: Array(data.utf8))
    }

    /// Sends one event with a name of its own.
    public mutating func event(named name: String, data: [UInt8]) async throws(ResponseError) {
        var frame: [UInt8] = []
        Self.append(name: name, data: data, to: &frame)
        try await body.write(frame)
    }

    /// Sends frames that were made with `append(data:to:)`, in one write.
    public mutating func write(frames: [UInt8]) async throws(ResponseError) {
        try await body.write(frames)
    }

    /// Sends a comment, which clients ignore.
    public mutating func comment(_ text: String) async throws(ResponseError) {
        var frame: [UInt8] = []
        for line in Self.lines(Array(text.utf8)) {
            frame += Array(": ".utf8) + line + [newline]
        }
        frame.append(newline)
        try await body.write(frame)
    }

    /// Ends the stream.
    public consuming func finish() async throws(ResponseError) {
        try await body.finish()
    }

    /// Appends the frame of one event, so that several can be sent with one write.
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
