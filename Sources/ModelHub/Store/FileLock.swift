internal import Glibc

/// A lock that processes share by a file, as `flock` has it; it goes with its owner, also when that is killed.
struct FileLock: ~Copyable {
    private let descriptor: Int32

    /// Waits for the lock.
    ///
    /// - Parameters:
    ///   - path: The file, which is made where there is none.
    ///   - isCancelled: Ends the wait soon after it says so.
    ///   - waits: Called once, where somebody else has the lock.
    /// - Throws: ``HubError`` where the file cannot be made, or the wait was ended.
    init(_ path: String, isCancelled: () -> Bool, waits: () -> Void) throws(HubError) {
        var hasWaited = false
        while true {
            let opened = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o664)
            guard opened >= 0 else { throw .system("\(path): the lock cannot be made") }
            while flock(opened, LOCK_EX | LOCK_NB) != 0 {
                let reason = errno
                if reason == EINTR { continue }
                // A file system without locks: digests are checked all the same.
                guard reason == EWOULDBLOCK else { break }
                if isCancelled() {
                    close(opened)
                    throw .cancelled
                }
                if !hasWaited { waits() }
                hasWaited = true
                usleep(100_000)
            }
            // Whoever had it may have removed the file meanwhile, and somebody else made a new one.
            if Self.isSame(opened, path) {
                descriptor = opened
                return
            }
            close(opened)
        }
    }

    deinit {
        close(descriptor)
    }

    private static func isSame(_ descriptor: Int32, _ path: String) -> Bool {
        var mine = stat()
        var named = stat()
        guard unsafe fstat(descriptor, &mine) == 0, unsafe stat(path, &named) == 0 else { return false }
        return mine.st_ino == named.st_ino && mine.st_dev == named.st_dev
    }
}

extension HubError {
    /// What the system says about the call that has just failed, behind what was being done.
    static func system(_ doing: String) -> HubError {
        let reason = errno
        if reason == ENOSPC || reason == EDQUOT {
            return HubError("\(doing): no room left on the disk; what was fetched stays, and the same command goes on")
        }
        return HubError("\(doing): \(unsafe String(cString: strerror(reason)))")
    }
}
