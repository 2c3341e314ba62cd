internal import Checkpoints
internal import Glibc
internal import Synchronization

/// A file of a quantised cache while it is written: under a name of its own, until it is whole.
///
/// The workers write what they make, each row once. Of two processes, one writes. What goes wrong is kept for the end: the model
/// loads all the same.
final class QuantizedFile: Sendable {
    /// Disk space that is left to others.
    private static let spareByteCount = 256 << 20

    private let path: String
    private let partialPath: String
    private let descriptor: CInt
    private let byteCount: Int
    private let offsets: [Int]
    private let digestOffset: Int
    private let rowByteCounts: [Int]
    /// What the rows of each tensor add up to so far. The lock is held for an addition.
    private let digests: Mutex<[UInt64]>
    private let firstError = Atomic<CInt>(0)
    private let isFinished = Atomic<Bool>(false)

    /// Starts a file of tensors that are written afterwards.
    ///
    /// - Parameters:
    ///   - path: Where the whole file will be.
    ///   - head: Its head, with room for the tensors' digests.
    ///   - rowByteCounts: Bytes of a row of each tensor.
    /// - Throws: `Refusal`, in words, where it cannot be.
    init(path: String, head: GGUFHead, rowByteCounts: [Int]) throws(Refusal) {
        self.path = path
        partialPath = "\(path).partial"
        offsets = head.offsets
        digestOffset = head.valueOffsets[QuantizedCache.digestsKey] ?? head.bytes.count
        self.rowByteCounts = rowByteCounts
        digests = Mutex([UInt64](repeating: 0, count: rowByteCounts.count))
        byteCount = head.fileByteCount
        Self.makeFolder(of: path)
        let needed = byteCount + Self.spareByteCount
        if let free = Self.freeByteCount(at: path), free < needed {
            throw Refusal("\(needed >> 20) MiB are needed and \(free >> 20) MiB free")
        }
        descriptor = unsafe open(partialPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Refusal(Self.reason(errno)) }
        guard Self.lock(descriptor, partialPath) else {
            close(descriptor)
            throw Refusal("another process is writing it")
        }
        _ = ftruncate(descriptor, 0)
        unsafe head.bytes.withUnsafeBytes { unsafe write($0, at: 0) }
    }

    deinit {
        if !isFinished.load(ordering: .relaxed) { unsafe unlink(partialPath) }
        close(descriptor)
    }

    /// Writes rows of a tensor. Called by the workers.
    ///
    /// - Parameters:
    ///   - bytes: Whole rows.
    ///   - offset: Where they belong in the tensor.
    ///   - tensor: Its number in the head.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int, ofTensor tensor: Int) {
        let size = rowByteCounts[tensor]
        let sum = unsafe RowDigest.sum(bytes, rowByteCount: size, firstRow: offset / max(1, size))
        digests.withLock { $0[tensor] &+= sum }
        unsafe write(bytes, at: offsets[tensor] + offset)
    }

    /// Gives the whole file its name; the reason why not, where something went wrong.
    func finish() -> String? {
        let digests = Array(QuantizedCache.text(of: digests.withLock { $0 }).utf8)
        unsafe digests.withUnsafeBytes { unsafe write($0, at: digestOffset) }
        var error = firstError.load(ordering: .acquiring)
        if error == 0, ftruncate(descriptor, byteCount) != 0 || fsync(descriptor) != 0 { error = errno }
        if error == 0, unsafe rename(partialPath, path) != 0 { error = errno }
        guard error == 0 else { return Self.reason(error) }
        isFinished.store(true, ordering: .relaxed)
        return nil
    }

    private func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        guard firstError.load(ordering: .relaxed) == 0 else { return }
        var done = 0
        while done < bytes.count {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = unsafe pwrite(descriptor, rest.baseAddress, rest.count, offset + done)
            if count > 0 {
                done += count
            } else if count == 0 || errno != EINTR {
                firstError.store(count == 0 ? ENOSPC : errno, ordering: .releasing)
                return
            }
        }
    }

    /// Takes the file for this process; false where another has it, or has given it its final name meanwhile.
    private static func lock(_ descriptor: CInt, _ path: String) -> Bool {
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return false }
        var (held, named) = (stat(), stat())
        return unsafe fstat(descriptor, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino
            && held.st_dev == named.st_dev
    }

    /// Makes the folder and those around it; where it cannot, opening the file tells why.
    private static func makeFolder(of path: String) {
        for (index, character) in zip(path.indices, path) where character == "/" && index != path.startIndex {
            unsafe mkdir(String(path[..<index]), 0o700)
        }
    }

    private static func freeByteCount(at path: String) -> Int? {
        var status = statvfs()
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        guard unsafe statvfs(folder, &status) == 0 else { return nil }
        return Int(status.f_bavail) &* Int(status.f_frsize)
    }

    private static func reason(_ error: CInt) -> String {
        unsafe String(cString: strerror(error))
    }

    struct Refusal: Error {
        let reason: String

        init(_ reason: String) {
            self.reason = reason
        }
    }
}
