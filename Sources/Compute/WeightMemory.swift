internal import CLinux
internal import Glibc
internal import Synchronization

/// Where repacked weights lie: one stretch of memory that matrices take their parts from, in the order in which they are made.
///
/// One stretch instead of one for each matrix, so that the system can back all of it with huge pages. It is freed with the
/// last matrix that lies in it.
@safe
public final class WeightMemory: @unchecked Sendable {
    private static let hugePage = 1 << 21

    public let byteCount: Int
    /// Whether the tiles are there already, as they were written by an earlier run.
    public let isFilled: Bool
    private let start: UnsafeMutableRawPointer
    private let usedByteCount = Atomic<Int>(0)
    private let guardName: CInt

    /// Takes memory of the system, which gives its pages as they are first written.
    public init(byteCount: Int) throws(WeightError) {
        self.byteCount = max(byteCount, 1)
        unsafe start = try Self.reserve(self.byteCount)
        isFilled = false
        guardName = -1
    }

    /// Maps a part of an open file, which may be closed afterwards.
    ///
    /// - Parameters:
    ///   - descriptor: A file that is long enough.
    ///   - offset: Where the tiles begin, at the start of a page, better of a huge one.
    ///   - byteCount: Bytes of all tiles.
    ///   - isFilled: Whether the tiles are there, and only read; otherwise what is packed goes into the file.
    /// - Throws: `WeightError` where the system does not map the file.
    public init(descriptor: CInt, offset: Int, byteCount: Int, isFilled: Bool) throws(WeightError) {
        let protection = isFilled ? PROT_READ : PROT_READ | PROT_WRITE
        let size = max(byteCount, 1)
        let place = try unsafe Self.reserve(size)
        guard unsafe mmap(place, size, protection, MAP_SHARED | MAP_FIXED, descriptor, offset) != MAP_FAILED else {
            unsafe munmap(place, size)
            throw .outOfMemory(byteCount: byteCount)
        }
        // Where the file system can, the page cache then holds and maps huge pages too.
        unsafe madvise(place, size, MADV_HUGEPAGE)
        unsafe start = place
        guardName = unsafe linux_guard_mapping(place, size)
        self.byteCount = size
        self.isFilled = isFilled
    }

    deinit {
        linux_unguard_mapping(guardName)
        unsafe munmap(start, byteCount)
    }

    /// Whether the file that the weights lie in did not answer, as it was cut short or its disk fails: zeros were read of it, and
    /// nothing that was computed since can be trusted.
    public var isDamaged: Bool { linux_mapping_is_damaged(guardName) != 0 }

    /// The next part; parts begin at multiples of 64 bytes.
    func take(_ count: Int) throws(WeightError) -> UnsafeMutableRawPointer {
        guard count <= byteCount else { throw .outOfMemory(byteCount: count) }
        let first = usedByteCount.wrappingAdd((count + 63) / 64 * 64, ordering: .relaxed).oldValue
        guard count <= byteCount - first else { throw .outOfMemory(byteCount: count) }
        return unsafe start + first
    }

    /// Writes what was packed to the file, waits until it is there, and allows no more writing. Returns false where the
    /// system reports an error.
    public func finishFile() -> Bool {
        unsafe msync(start, byteCount, MS_SYNC) == 0 && !isDamaged && mprotect(start, byteCount, PROT_READ) == 0
    }

    /// Memory that begins at a multiple of a huge page, if it is as large as one.
    private static func reserve(_ size: Int) throws(WeightError) -> UnsafeMutableRawPointer {
        let spare = size >= hugePage ? hugePage : 0
        guard size <= Int.max - 4 * hugePage,
            let memory = unsafe mmap(nil, size + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            unsafe memory != MAP_FAILED
        else { throw .outOfMemory(byteCount: size) }
        guard spare > 0 else { return unsafe memory }
        let head = (hugePage - Int(bitPattern: memory) % hugePage) % hugePage
        let pageSize = Int(getpagesize())
        let end = (head + size + pageSize - 1) / pageSize * pageSize
        if head > 0 { unsafe munmap(memory, head) }
        if size + spare > end { unsafe munmap(memory + end, size + spare - end) }
        unsafe madvise(memory + head, size, MADV_HUGEPAGE)
        return unsafe memory + head
    }
}
