internal import COpenSSL

/// One side of one TLS connection, without I/O: what came from the peer goes in, what the peer is to get comes out.
///
/// The handshake takes place on the way: reading and writing do what is needed of it, and `takeOutput` has its bytes.
// An SSL object may move between threads but must be used by one at a time: whoever owns the socket.
@safe
package final class TLSSession: @unchecked Sendable {
    /// What came of reading.
    package enum ReadOutcome: Equatable, Sendable {
        /// So many bytes were decrypted.
        case bytes(Int)
        /// More has to come from the peer first.
        case needsInput
        /// The peer has said that nothing more will come.
        case ended
        /// The connection is of no further use. What is to be told to the peer is in the output.
        case failed(TLSError)
    }

    /// What came of writing.
    package enum WriteOutcome: Equatable, Sendable {
        /// So many bytes were encrypted.
        case taken(Int)
        /// The handshake goes on first: more has to come from the peer.
        case needsInput
        case failed(TLSError)
    }

    /// The most bytes that one record holds, RFC 8446 section 5.1.
    package static let recordByteLimit = 16_384
    /// What a record adds to them at most.
    package static let recordOverhead = 256

    /// Kept as long as the connection, which may still choose among its certificates.
    private let context: TLSContext
    private let connection: OpaquePointer
    private let input: OpaquePointer
    private let output: OpaquePointer

    /// A connection that has not begun.
    ///
    /// - Parameters:
    ///   - context: Which side, and what holds for all its connections.
    ///   - serverName: The host name or address that a server has to prove; nil on a server's side.
    /// - Throws: ``TLSError`` where OpenSSL has no memory, or the name is none.
    package init(_ context: TLSContext, serverName: String? = nil) throws(TLSError) {
        guard let connection = unsafe context.makeConnection() else { throw .last("a TLS connection") }
        guard let input = unsafe openssl_memory(), let output = unsafe openssl_memory() else {
            unsafe SSL_free(connection)
            throw .last("a TLS connection")
        }
        // The connection owns both from here on.
        unsafe SSL_set_bio(connection, input, output)
        self.context = context
        unsafe self.connection = connection
        unsafe self.input = input
        unsafe self.output = output
        switch context.role {
        case .server: unsafe SSL_set_accept_state(connection)
        case .client: unsafe SSL_set_connect_state(connection)
        }
        if let serverName { try expect(serverName) }
    }

    deinit {
        unsafe SSL_free(connection)
    }

    /// Whether both sides know each other and all that follows is encrypted.
    package var isEstablished: Bool { unsafe SSL_is_init_finished(connection) == 1 }

    /// The protocol's version, such as `TLSv1.3`.
    package var version: String {
        unsafe String(cString: SSL_get_version(connection))
    }

    /// Goes on with the handshake, as far as the bytes that came allow. Returns why it failed, if it did.
    package func handshake() -> TLSError? {
        ERR_clear_error()
        let result = unsafe SSL_do_handshake(connection)
        return result == 1 ? nil : failure(result, "the TLS handshake failed")
    }

    /// Takes bytes from the peer.
    package func receive(_ bytes: ArraySlice<UInt8>) {
        // A memory BIO takes all or is out of memory, and then the next read fails.
        _ = unsafe bytes.withUnsafeBytes { unsafe BIO_write(input, $0.baseAddress, Int32($0.count)) }
    }

    /// Decrypts what has come into the buffer, from `start` on.
    package func read(into buffer: inout [UInt8], from start: Int) -> ReadOutcome {
        ERR_clear_error()
        let count = unsafe buffer.withUnsafeMutableBytes { space in
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: space[start...])
            return unsafe SSL_read(connection, rest.baseAddress, Int32(clamping: rest.count))
        }
        if count > 0 { return .bytes(Int(count)) }
        if unsafe SSL_get_error(connection, count) == SSL_ERROR_ZERO_RETURN { return .ended }
        return failure(count, "TLS").map { .failed($0) } ?? .needsInput
    }

    /// Encrypts bytes, at most a record's.
    package func write(_ bytes: UnsafeRawBufferPointer) -> WriteOutcome {
        guard unsafe !bytes.isEmpty else { return .taken(0) }
        ERR_clear_error()
        let count = unsafe SSL_write(
            connection, bytes.baseAddress, Int32(clamping: min(bytes.count, Self.recordByteLimit)))
        if count > 0 { return .taken(Int(count)) }
        return failure(count, "TLS").map { .failed($0) } ?? .needsInput
    }

    /// Tells the peer that nothing more will come: what was read up to here is all there is.
    package func finish() {
        ERR_clear_error()
        guard isEstablished else { return }
        unsafe SSL_shutdown(connection)
    }

    /// Takes the bytes that the peer is to get.
    package func takeOutput() -> [UInt8] {
        let count = unsafe BIO_ctrl_pending(output)
        guard count > 0 else { return [] }
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { space, taken in
            taken = unsafe max(0, Int(BIO_read(output, space.baseAddress, Int32(clamping: space.count))))
        }
    }
}

extension TLSSession {
    /// Has the peer prove that it is the server of this name.
    private func expect(_ name: String) throws(TLSError) {
        // An address is no name: it stands in no SNI field, and in certificates elsewhere.
        let parameters = unsafe SSL_get0_param(connection)
        if unsafe X509_VERIFY_PARAM_set1_ip_asc(parameters, name) == 1 { return }
        ERR_clear_error()
        guard unsafe SSL_set1_host(connection, name) == 1, unsafe openssl_set_server_name(connection, name) == 1
        else {
            throw .last("'\(name)' is no name of a server")
        }
    }

    /// Why the last call did not do what it was to do; nil where it only needs more from the peer.
    private func failure(_ result: Int32, _ doing: String) -> TLSError? {
        let error = unsafe SSL_get_error(connection, result)
        guard error != SSL_ERROR_WANT_READ, error != SSL_ERROR_WANT_WRITE else { return nil }
        let verdict = unsafe SSL_get_verify_result(connection)
        let reason = TLSError.takeReason()
        guard verdict != X509_V_OK, let text = unsafe X509_verify_cert_error_string(verdict) else {
            return TLSError("\(doing): \(reason)")
        }
        return unsafe TLSError("\(doing): \(reason): \(String(cString: text))")
    }
}
