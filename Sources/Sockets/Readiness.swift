internal import CLinux

/// What a socket is watched for, or what it has become ready for.
package struct Readiness: OptionSet, Sendable, Hashable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Bytes, a new connection or the end of the stream can be read.
    package static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    /// There is room to write.
    package static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
    /// The peer has ended its direction of the stream.
    package static let peerFinished = Readiness(rawValue: EPOLLRDHUP.rawValue)
    /// Both directions are over; reported whether asked for or not.
    package static let hungUp = Readiness(rawValue: EPOLLHUP.rawValue)
    /// The socket failed; reported whether asked for or not.
    package static let failed = Readiness(rawValue: EPOLLERR.rawValue)
}
