public import Compute

/// All blocks of all layers of the key-value cache, in one allocation that is freed with its owner.
@safe
public struct KVCacheStorage: ~Copyable {
    public let blockCount: Int
    /// Tokens in a block.
    public let blockLength: Int
    public let format: KVCacheFormat
    /// `blockCount` blocks, each of `byteCountPerBlock` bytes.
    public let bytes: UnsafeMutableRawBufferPointer

    /// - Throws: `ModelError` when the size is not positive or overflows.
    public init(
        shape: ModelShape, blockCount: Int, blockLength: Int, format: KVCacheFormat
    ) throws(ModelError) {
        let perBlock = Self.byteCountPerBlock(shape: shape, blockLength: blockLength, format: format)
        let (total, overflow) = perBlock.multipliedReportingOverflow(by: blockCount)
        guard blockCount > 0, blockLength > 0, perBlock > 0, !overflow else {
            throw ModelError("the key-value cache cannot hold \(blockCount) blocks of \(blockLength) tokens")
        }
        self.blockCount = blockCount
        self.blockLength = blockLength
        self.format = format
        unsafe bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: total, alignment: 64)
    }

    deinit {
        unsafe bytes.deallocate()
    }

    /// Keys and values of `blockLength` tokens over all layers, in bytes.
    public static func byteCountPerBlock(shape: ModelShape, blockLength: Int, format: KVCacheFormat) -> Int {
        2 * shape.layerCount * shape.keyValueHeadCount * shape.headDimension * blockLength * format.byteCount
    }
}
