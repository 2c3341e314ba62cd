public import Compute
internal import Glibc

/// The keys and values of all layers, in blocks of a fixed number of positions, in one allocation.
///
/// Which block holds what is the engine's business; the model writes and reads the blocks that a batch's tables name.
/// The memory comes from the system as it is first written, so that an empty cache costs nothing.
@safe
public struct KVCacheStorage: ~Copyable {
    public let shape: ModelShape
    public let format: KVCacheFormat
    public let blockCount: Int
    /// Positions in a block.
    public let blockLength: Int
    /// Bytes of all blocks.
    public let byteCount: Int
    private let layout: KVLayout
    private let start: UnsafeMutableRawPointer

    /// Blocks for a model of this shape. Throws where the system has no such memory.
    public init(
        shape: ModelShape,
        blockCount: Int,
        blockLength: Int,
        format: KVCacheFormat
    ) throws(ModelError) {
        precondition(blockCount > 0 && blockLength > 0, "A cache has blocks.")
        let blockByteCount = KVCacheStorage.blockByteCount(shape: shape, blockLength: blockLength, format: format)
        let (byteCount, overflow) = blockByteCount.multipliedReportingOverflow(by: blockCount)
        let size = overflow ? Int.max : byteCount
        guard
            !overflow, blockCount <= Int(Int32.max) / blockLength,
            let start = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            unsafe start != UnsafeMutableRawPointer(bitPattern: -1)
        else { throw .outOfMemory(purpose: "the KV cache", byteCount: size) }
        // A layer's parts of two blocks lie far apart: with small pages attention would mostly walk page tables.
        unsafe madvise(start, size, MADV_HUGEPAGE)
        self.shape = shape
        self.format = format
        self.blockCount = blockCount
        self.blockLength = blockLength
        self.byteCount = byteCount
        layout = KVCacheStorage.layout(shape, format)
        unsafe self.start = unsafe start
    }

    deinit {
        unsafe munmap(start, byteCount)
    }

    /// The bytes that one block takes, over all layers.
    public static func blockByteCount(shape: ModelShape, blockLength: Int, format: KVCacheFormat) -> Int {
        let units = (blockLength + KVLayout.blockLength - 1) / KVLayout.blockLength
        return shape.layerCount * units * layout(shape, format).blockByteCount
    }

    /// Calls `body` with all that one block holds, layer by layer. Only whoever computes with the cache may call it.
    public func withBytes<Failure: Error>(
        of block: Int, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        precondition(block >= 0 && block < blockCount, "The cache has blocks 0..<\(blockCount).")
        let count = byteCount / blockCount
        try unsafe body(UnsafeMutableRawBufferPointer(start: start + block * count, count: count))
    }

    /// One layer's part of every block. Blocks must be of the length that attention works with.
    func plane(layer: Int) -> KVPlane {
        precondition(blockLength == KVLayout.blockLength, "Attention works with blocks of \(KVLayout.blockLength).")
        return unsafe KVPlane(
            layout: layout,
            base: start + layer * layout.blockByteCount,
            blockCount: blockCount,
            blockStride: shape.layerCount * layout.blockByteCount
        )
    }

    private static func layout(_ shape: ModelShape, _ format: KVCacheFormat) -> KVLayout {
        KVLayout(format: format, kvHeadCount: shape.keyValueHeadCount, headDimension: shape.headDimension)
    }
}
