internal import CLinux
internal import Glibc

/// A checkpoint file's bytes: mapped read-only from disk, or lent by the caller.
///
/// Tensor records keep it alive, and the mapping goes with the last of them. A mapped file must not shrink meanwhile:
/// the system answers a read past a new end with a signal.
final class MappedFile: Sendable {
    /// The path, or the name that the caller gave.
    let name: String
    /// All bytes of the file.
    let bytes: FileBytes
    private let isMapped: Bool
    /// When the file was last changed: seconds since 1970 and nanoseconds; nil for lent bytes.
    private let changeTime: (seconds: Int, nanoseconds: Int)?

    /// Maps a regular file. The errors name what the system said.
    init(path: String) throws(CheckpointError) {
        // Without O_NONBLOCK, opening a named pipe waits for whoever may write to it.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            throw CheckpointError(file: path, expected: "a readable file", found: MappedFile.systemReason())
        }
        defer { close(descriptor) }
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
        isMapped = true
        changeTime = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    }

    /// Borrows bytes that outlive this value.
    init(bytes: UnsafeRawBufferPointer, name: String) {
        self.name = name
        self.bytes = unsafe FileBytes(bytes)
        isMapped = false
        changeTime = nil
    }

    deinit {
        if isMapped, let start = unsafe bytes.buffer.baseAddress {
            unsafe munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
        }
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
        guard unsafe isMapped && !part.isEmpty, let start = part.baseAddress else { return }
        let lead = Int(bitPattern: start) % Int(getpagesize())
        let address = unsafe UnsafeMutableRawPointer(mutating: start - lead)
        _ = unsafe madvise(address, part.count + lead, advice)
    }

    static func systemReason() -> String {
        unsafe String(cString: strerror(errno))
    }
}
