internal import Glibc

/// A file descriptor with exactly one owner: it is closed once, when the owner goes.
package struct OwnedDescriptor: ~Copyable, Sendable {
    /// The descriptor's number, valid as long as the owner lives.
    package let number: Int32

    /// Takes over an open descriptor.
    package init(_ number: Int32) {
        self.number = number
    }

    deinit {
        _ = close(number)
    }
}
