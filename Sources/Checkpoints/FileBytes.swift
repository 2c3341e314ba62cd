/// Immutable bytes of a file, with checked reads: every read says nil where it would leave the file.
@safe
struct FileBytes: @unchecked Sendable {
    /// Never written while a checkpoint is open, so that threads may share it.
    let buffer: UnsafeRawBufferPointer

    init(_ buffer: UnsafeRawBufferPointer) {
        unsafe self.buffer = unsafe buffer
    }

    var count: Int { unsafe buffer.count }

    /// A little-endian integer.
    func integer<Integer: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int,
        as type: Integer.Type = Integer.self
    ) -> Integer? {
        guard offset >= 0, offset <= count, count - offset >= MemoryLayout<Integer>.size else { return nil }
        return unsafe Integer(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: Integer.self))
    }

    /// A range of the file.
    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer? {
        guard range.lowerBound >= 0, range.upperBound <= count else { return nil }
        return unsafe UnsafeRawBufferPointer(rebasing: buffer[range])
    }

    /// A range of the file as text, or nil where it is not UTF-8.
    func text(_ range: Range<Int>) -> String? {
        guard let slice = unsafe slice(range) else { return nil }
        return unsafe String(validating: slice, as: UTF8.self)
    }
}
