internal import TLS

/// TLS between a socket and whoever reads and writes it: the same verbs, with a session in between.
///
/// Bytes stay in the writer's queue until the record that holds them has left, so that an empty queue means what it means
/// without TLS: everything is with the system.
// Belongs to one socket, which has one owner.
final class SecureLayer: @unchecked Sendable {
    private let session: TLSSession
    /// What the socket had no room for yet.
    private var unsent = OutboundQueue()
    /// How many bytes of the writer's queue `unsent` ends with.
    private var encryptedCount = 0
    private var hasReceived = false
    private var hasEnded = false
    /// False once the peer turned out not to speak TLS.
    private(set) var isInUse = true

    /// A peer that makes us answer, as key updates do, has to read the answers.
    private static let unsentByteLimit = 131_072

    init(_ session: TLSSession) {
        self.session = session
    }

    var hasUnsentBytes: Bool { !unsent.isEmpty }

    /// Reads once from the socket and decrypts all that is complete.
    func receive(into buffer: inout [UInt8], from descriptor: borrowing OwnedDescriptor) -> ReceiveOutcome {
        if hasEnded { return .ended }
        guard unsent.byteCount <= Self.unsentByteLimit else { return .failed(Self.error("the peer reads no answers")) }
        // What is decrypted always has room: the beginning of a record may be with the session already.
        let room = buffer.count - TLSSession.recordByteLimit - TLSSession.recordOverhead
        let outcome = descriptor.receive(into: &buffer, limit: room)
        guard case .received(let count) = outcome else { return outcome }
        if !hasReceived {
            hasReceived = true
            guard Self.mayBeTLS(buffer[0]) else {
                isInUse = false
                return .unencrypted
            }
        }
        session.receive(buffer[..<count])
        return decrypt(into: &buffer, to: descriptor)
    }

    private func decrypt(into buffer: inout [UInt8], to descriptor: borrowing OwnedDescriptor) -> ReceiveOutcome {
        var total = 0
        while true {
            switch session.read(into: &buffer, from: total) {
            case .bytes(let count):
                total += count
                if total < buffer.count { continue }
            case .needsInput: break
            case .ended: hasEnded = true
            case .failed(let error):
                _ = flush(to: descriptor)
                return .failed(Self.error(error.description))
            }
            break
        }
        if case .failed(let error) = flush(to: descriptor) { return .failed(error) }
        if total > 0 { return .received(total) }
        return hasEnded ? .ended : .wouldBlock
    }

    /// Encrypts and writes what the queue holds until it is empty or the socket's buffer is full.
    func send(_ queue: inout OutboundQueue, to descriptor: borrowing OwnedDescriptor) -> SendOutcome {
        var total = 0
        while true {
            if case .failed(let error) = flush(to: descriptor) { return .failed(error) }
            guard unsent.isEmpty else { return .sent(total) }
            queue.removeFirst(encryptedCount)
            total += encryptedCount
            encryptedCount = 0
            guard !queue.isEmpty else { return .sent(total) }
            switch unsafe queue.withFirstBytes({ unsafe session.write($0) }) {
            case .taken(let count): encryptedCount = count
            case .needsInput:
                if case .failed(let error) = flush(to: descriptor) { return .failed(error) }
                return .sent(total)
            case .failed(let error): return .failed(Self.error(error.description))
            }
        }
    }

    /// Says good-bye, if the socket takes it: the peer can then tell the end from a broken connection.
    func finish(to descriptor: borrowing OwnedDescriptor) {
        guard unsent.isEmpty else { return }
        session.finish()
        _ = flush(to: descriptor)
    }

    /// Goes on with a handshake that this side begins. Returns whether it is over.
    func handshake(with descriptor: borrowing OwnedDescriptor) throws(SocketError) -> Bool {
        if let error = session.handshake() {
            _ = flush(to: descriptor)
            throw Self.error(error.description)
        }
        if case .failed(let error) = flush(to: descriptor) { throw error }
        return session.isEstablished && unsent.isEmpty
    }

    /// Hands the socket what the session has for the peer.
    private func flush(to descriptor: borrowing OwnedDescriptor) -> SendOutcome {
        unsent.append(session.takeOutput())
        return descriptor.send(&unsent)
    }

    /// A first byte of a record is its type, a handshake's or an alert's; requests in the clear begin with a letter.
    private static func mayBeTLS(_ byte: UInt8) -> Bool {
        !(UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte)
    }

    private static func error(_ description: String) -> SocketError {
        SocketError(operation: description, code: 0)
    }
}
