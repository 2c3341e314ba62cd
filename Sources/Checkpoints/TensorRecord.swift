/// A tensor of a checkpoint: its name, its shape and where its bytes lie. Keeps the file mapped.
public struct TensorRecord: Sendable {
    /// The name in the file, such as `model.layers.0.mlp.up_proj.weight` or `blk.0.ffn_up.weight`.
    public let name: String
    /// Rows first, as safetensors writes it; GGUF's order is reversed on reading. Empty for a single element.
    public let shape: [Int]
    public let format: TensorFormat
    /// Where its bytes begin in their file.
    public let fileOffset: Int
    /// How many bytes it takes; they lie within the file.
    public let byteCount: Int
    let file: MappedFile

    /// The path of the file that holds it.
    public var fileName: String { file.name }

    /// Another text for a file of the same path whose contents are others.
    public var fileIdentity: String { file.identity }

    /// How many elements it holds.
    public var elementCount: Int { shape.reduce(1, *) }

    /// The stored bytes, valid while the record lives. They may lie unaligned.
    public var bytes: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: file.bytes.buffer[byteRange])
    }

    /// The bytes in the file.
    var byteRange: Range<Int> { fileOffset..<fileOffset + byteCount }
}

extension TensorRecord {
    /// Tells the kernel that a range of this tensor's bytes (all where nil) is about to be read from front to back.
    public func willRead(_ range: Range<Int>? = nil) {
        file.willRead(inFile(range))
    }

    /// Gives pages of the file back, once the values in them were copied elsewhere; a later read fetches them again.
    ///
    /// - Parameter bytes: Some of the bytes of this tensor.
    public func releasePages(of bytes: UnsafeRawBufferPointer) {
        unsafe file.releasePages(of: bytes)
    }

    private func inFile(_ range: Range<Int>?) -> Range<Int> {
        let range = (range ?? 0..<byteCount).clamped(to: 0..<byteCount)
        return fileOffset + range.lowerBound..<fileOffset + range.upperBound
    }

    /// Looks whether the file is still what it was when it was opened: then what was read of it can be trusted.
    public func checkFileUnchanged() throws(CheckpointError) {
        try file.checkUnchanged()
    }

    /// The error for a tensor that does not serve.
    public func error(expected: String, found: String) -> CheckpointError {
        CheckpointError(file: fileName, offset: fileOffset, expected: expected, found: "\(name) \(found)")
    }
}
