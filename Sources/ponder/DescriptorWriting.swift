import Glibc

/// Writing whose failure is nobody's concern but the caller's: unlike `FileHandle`, which ends the process.
enum DescriptorWriting {
    /// Writes bytes and waits where it must. Returns how many the descriptor took: all, unless it failed.
    @discardableResult
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int {
        var count = 0
        while count < bytes.count {
            let result = unsafe bytes[count...].withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if result >= 0 {
                count += result
            } else if errno == EAGAIN {
                // Whoever shares the descriptor made it one that does not wait.
                var event = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&event, 1, 1_000)
            } else if errno != EINTR {
                break
            }
        }
        return count
    }

    /// Writes text; what the descriptor does not take is dropped.
    static func write(_ text: String, to descriptor: Int32) {
        write(Array(text.utf8), to: descriptor)
    }
}
