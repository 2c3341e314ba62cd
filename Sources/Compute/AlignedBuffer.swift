internal import Glibc

/// Memory of a fixed size, aligned to 64 bytes, zero at first and freed with its owner.
@safe
public struct AlignedBuffer<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
    public let count: Int
    public let pointer: UnsafeMutablePointer<Element>

    /// - Parameter count: Elements; the buffer of none holds one all the same, so that `pointer` is never null.
    public init(count: Int) {
        precondition(count >= 0, "A buffer's count is not negative.")
        let (wanted, overflow) = max(count, 1).multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        precondition(!overflow && wanted <= Int.max - 63, "A buffer's byte count fits an Int.")
        let byteCount = (wanted + 63) / 64 * 64
        guard let memory = unsafe aligned_alloc(64, byteCount) else {
            preconditionFailure("No memory for a buffer of \(byteCount) bytes.")
        }
        unsafe memset(memory, 0, byteCount)
        self.count = count
        unsafe self.pointer = memory.bindMemory(to: Element.self, capacity: max(count, 1))
    }

    deinit {
        unsafe free(pointer)
    }

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
