internal import CLinux
internal import Glibc

/// A checkpoint file's bytes: mapped read-only from disk, or lent by the caller.
///
/// Tensor records keep it alive, and the mapping goes with the last of them. Of a file that is cut short meanwhile, or that its disk
/// does not give, zeros are read; ``checkUnchanged()`` tells. One that is replaced by another of its name stays as it was.
final class MappedFile: Sendable {
    /// The path, or the name that the caller gave.
    let name: String
    /// All bytes of the file.
    let bytes: FileBytes
    /// The file, held open as long as it is mapped; nil for lent bytes.
    private let descriptor: CInt?
    private let guardName: CInt
    /// When the file was last changed: seconds since 1970 and nanoseconds; nil for lent bytes.
    private let changeTime: (seconds: Int, nanoseconds: Int)?

    /// Maps a regular file. The errors name what the system said.
    init(path: String) throws(CheckpointError) {
        // Without O_NONBLOCK, opening a named pipe waits for whoever may write to it.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            throw CheckpointError(file: path, expected: "a readable file", found: MappedFile.systemReason())
        }
        var isKept = false
        defer { if !isKept { close(descriptor) } }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw CheckpointError(file: path, expected: "a readable file", found: MappedFile.systemReason())
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw CheckpointError(file: path, expected: "a regular file", found: "a folder, a pipe or a device")
        }
        guard let byteCount = Int(exactly: status.st_size), byteCount > 0 else {
            throw CheckpointError(file: path, expected: "a checkpoint", found: "an empty file")
        }
        let address = unsafe mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let address = unsafe address, unsafe address != UnsafeMutableRawPointer(bitPattern: -1) else {
            throw CheckpointError(file: path, expected: "a file that can be mapped", found: MappedFile.systemReason())
        }
        name = path
        bytes = unsafe FileBytes(UnsafeRawBufferPointer(start: address, count: byteCount))
        isKept = true
        self.descriptor = descriptor
        guardName = unsafe linux_guard_mapping(address, byteCount)
        changeTime = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    }

    /// Borrows bytes that outlive this value.
    init(bytes: UnsafeRawBufferPointer, name: String) {
        self.name = name
        self.bytes = unsafe FileBytes(bytes)
        descriptor = nil
        guardName = -1
        changeTime = nil
    }

    deinit {
        guard let descriptor, let start = unsafe bytes.buffer.baseAddress else { return }
        linux_unguard_mapping(guardName)
        unsafe munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
        close(descriptor)
    }

    /// Looks whether the file is still what it was when it was opened. To be called when all was read that is to be trusted.
    ///
    /// - Throws: Where somebody cut it short or wrote to it, or its disk did not give it.
    func checkUnchanged() throws(CheckpointError) {
        guard let descriptor, let changeTime else { return }
        let expected = "a file that stays as it is while it is read"
        var status = stat()
        let isKnown = unsafe fstat(descriptor, &status) == 0
        if isKnown, Int(status.st_size) < bytes.count {
            throw CheckpointError(file: name, expected: expected, found: "that it was cut to \(status.st_size) bytes")
        }
        guard linux_mapping_is_damaged(guardName) == 0 else {
            throw CheckpointError(file: name, expected: expected, found: "parts that the system could not read")
        }
        guard isKnown, Int(status.st_size) == bytes.count, status.st_mtim.tv_sec == changeTime.seconds,
            status.st_mtim.tv_nsec == changeTime.nanoseconds
        else { throw CheckpointError(file: name, expected: expected, found: "that somebody wrote to it") }
    }

    /// Tells this file's contents from those that it may have had or will have: its size and time, or all of lent bytes.
    var identity: String {
        if let changeTime { return "\(bytes.count) \(changeTime.seconds) \(changeTime.nanoseconds)" }
        let hash = unsafe bytes.buffer.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return "\(bytes.count) \(hash)"
    }

    /// Tells the kernel that a range is about to be read from front to back.
    func willRead(_ range: Range<Int>) {
        guard let bytes = unsafe bytes.slice(range) else { return }
        unsafe advise(bytes, MADV_WILLNEED)
    }

    /// Gives the pages that hold some of the file's bytes back; a later read fetches them again. Nothing happens to lent
    /// bytes.
    func releasePages(of part: UnsafeRawBufferPointer) {
        unsafe advise(part, MADV_DONTNEED)
    }

    /// Gives all pages back.
    func releasePages() {
        unsafe advise(bytes.buffer, MADV_DONTNEED)
    }

    private func advise(_ part: UnsafeRawBufferPointer, _ advice: CInt) {
        guard unsafe descriptor != nil && !part.isEmpty, let start = part.baseAddress else { return }
        let lead = Int(bitPattern: start) % Int(getpagesize())
        let address = unsafe UnsafeMutableRawPointer(mutating: start - lead)
        _ = unsafe madvise(address, part.count + lead, advice)
    }

    static func systemReason() -> String {
        unsafe String(cString: strerror(errno))
    }
}
