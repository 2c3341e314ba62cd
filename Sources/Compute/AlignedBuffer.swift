internal import Glibc

/// Memory of a fixed size, aligned to 64 bytes, zero at first and freed with its owner.
@safe
public struct AlignedBuffer<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
    /// When the system is asked for the pages of a large buffer.
    public enum Pages {
        /// On making it, so that its memory is known to be there.
        case now
        /// As they are first used, for a buffer that is seldom needed whole.
        case onFirstUse
    }

    public let count: Int
    public let pointer: UnsafeMutablePointer<Element>
    private let mappedByteCount: Int

    /// - Parameters:
    ///   - count: Elements; the buffer of none holds one all the same, so that `pointer` is never null.
    ///   - pages: When a large buffer's pages are taken.
    public init(count: Int, pages: Pages = .now) {
        precondition(count >= 0, "A buffer's count is not negative.")
        let (wanted, overflow) = max(count, 1).multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        precondition(!overflow && wanted <= Int.max - 63, "A buffer's byte count fits an Int.")
        let byteCount = (wanted + 63) / 64 * 64
        let isMapped = pages == .onFirstUse
        let memory = unsafe isMapped ? Self.mapped(byteCount) : Self.allocated(byteCount)
        guard let memory = unsafe memory else {
            preconditionFailure("No memory for a buffer of \(byteCount) bytes.")
        }
        if !isMapped { unsafe memset(memory, 0, byteCount) }
        self.count = count
        mappedByteCount = isMapped ? byteCount : 0
        unsafe self.pointer = memory.bindMemory(to: Element.self, capacity: max(count, 1))
    }

    deinit {
        if mappedByteCount > 0 {
            unsafe munmap(pointer, mappedByteCount)
        } else {
            unsafe free(pointer)
        }
    }

    /// Rows that lie pages apart are found sooner where a page is huge.
    private static func allocated(_ byteCount: Int) -> UnsafeMutableRawPointer? {
        let hugePage = 1 << 21
        guard byteCount >= hugePage else { return unsafe aligned_alloc(64, byteCount) }
        let memory = unsafe aligned_alloc(hugePage, byteCount)
        unsafe madvise(memory, byteCount, MADV_HUGEPAGE)
        return unsafe memory
    }

    private static func mapped(_ byteCount: Int) -> UnsafeMutableRawPointer? {
        let memory = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        return unsafe memory == MAP_FAILED ? nil : memory
    }

    /// Bytes of the elements.
    public var byteCount: Int { count * MemoryLayout<Element>.stride }

    /// The elements, while the buffer lives.
    public var elements: UnsafeMutableBufferPointer<Element> {
        unsafe UnsafeMutableBufferPointer(start: pointer, count: count)
    }

    public subscript(index: Int) -> Element {
        get {
            precondition(index >= 0 && index < count, "A buffer's index is within its count.")
            return unsafe pointer[index]
        }
        nonmutating set {
            precondition(index >= 0 && index < count, "A buffer's index is within its count.")
            unsafe pointer[index] = newValue
        }
    }
}
