/// Why a request's body could not be read to its end.
public enum BodyError: Error, Sendable, Equatable {
    /// The body is larger than allowed: than `limit` bytes, after decoding if it is compressed.
    case tooLarge(limit: Int)
    /// The framing or the compression of the body is broken.
    case malformed(String)
    /// Other bodies take the memory that there is for them.
    case noRoom
    /// The peer sent too slowly.
    case timedOut
    /// The connection is gone.
    case peerGone
    /// The task that was reading was cancelled.
    case cancelled
}

/// Where a body's bytes come from.
package protocol RequestBodySource: Sendable {
    /// The next bytes, never none, or nil at the end. Waits for them.
    func nextPart() async throws(BodyError) -> [UInt8]?
}

/// The bytes that follow a request's head. They are taken from the connection as they are read, not before.
public struct RequestBody: Sendable {
    private enum Storage: Sendable {
        case whole([UInt8])
        case arriving(any RequestBodySource)
    }

    /// The number of bytes on the wire as announced by `content-length`, or nil for a chunked body.
    public let announcedByteCount: Int?
    /// Set where a compressed body is to be decoded by `collect(upTo:)`.
    var coding: BodyCoding?
    private let storage: Storage

    /// A body that is there already.
    public init(_ bytes: [UInt8]) {
        announcedByteCount = bytes.count
        storage = .whole(bytes)
    }

    /// A body that is still arriving.
    package init(arrivingFrom source: any RequestBodySource, announcedByteCount: Int?) {
        self.announcedByteCount = announcedByteCount
        storage = .arriving(source)
    }

    /// The whole body, if it has no more than `limit` bytes, on the wire and decoded. To be called once.
    ///
    /// `takeRoom` is asked for all further bytes before they are kept, and throws where there is no room for them.
    public func collect(
        upTo limit: Int, takeRoom: (_ byteCount: Int) throws(BodyError) -> Void = { _ in }
    ) async throws(BodyError) -> [UInt8] {
        let bytes = try await collectEncoded(upTo: limit, takeRoom)
        guard let coding else { return bytes }
        // Room that the compressed bytes have counts: a body alone never comes to more than the limit.
        var spareByteCount = bytes.count
        return try BodyDecoder.decode(bytes, coding, limit: limit) { byteCount throws(BodyError) in
            let covered = min(spareByteCount, byteCount)
            spareByteCount -= covered
            try takeRoom(byteCount - covered)
        }
    }

    private func collectEncoded(
        upTo limit: Int, _ takeRoom: (_ byteCount: Int) throws(BodyError) -> Void
    ) async throws(BodyError) -> [UInt8] {
        if let announcedByteCount, announcedByteCount > limit { throw .tooLarge(limit: limit) }
        switch storage {
        case .whole(let bytes):
            try takeRoom(bytes.count)
            return bytes
        case .arriving(let source):
            var bytes: [UInt8] = []
            while let part = try await source.nextPart() {
                guard part.count <= limit - bytes.count else { throw .tooLarge(limit: limit) }
                try takeRoom(part.count)
                // The announcement is a stranger's word: memory is taken as bytes arrive, not before.
                bytes += part
            }
            return bytes
        }
    }
}
