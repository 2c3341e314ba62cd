internal import CKernels

/// How cached keys and values are stored: as floats, or, `q8_0`, as bytes of which 32 share a scale.
public enum KVCacheFormat: Int, BitwiseCopyable, Sendable, CaseIterable {
    case f32, f16, bf16
    // The name that ggml uses.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q8_0

    var code: kv_format { kv_format(rawValue: kv_format.RawValue(rawValue)) }
}

/// What one layer keeps of a block of 32 positions: all KV heads' keys and values.
///
/// Within a head, keys are [headDimension x 32 positions] and values [32 positions x headDimension], so that a vector's
/// lanes are positions for scores and dimensions for results. `q8_0` has its own order within groups of 32 dimensions.
public struct KVLayout: BitwiseCopyable, Sendable {
    /// Positions of a block.
    public static var blockLength: Int { Int(kv_block_tokens) }
    /// The longest head that attention takes.
    public static var headDimensionLimit: Int { Int(attention_dimension_limit) }

    public let format: KVCacheFormat
    public let kvHeadCount: Int
    public let headDimension: Int
    /// Bytes of one block of one layer; a multiple of 64. A block must start at a multiple of 64.
    public let blockByteCount: Int

    /// - Parameters:
    ///   - format: How elements are stored.
    ///   - kvHeadCount: Key and value heads.
    ///   - headDimension: Elements of a head: even, at most `headDimensionLimit`.
    public init(format: KVCacheFormat, kvHeadCount: Int, headDimension: Int) {
        precondition(kvHeadCount > 0 && kvHeadCount <= 4096, "A layer has KV heads.")
        precondition(
            headDimension > 0 && headDimension <= KVLayout.headDimensionLimit, "The head's length is in range.")
        precondition(headDimension.isMultiple(of: 2), "A head's length is even.")
        self.format = format
        self.kvHeadCount = kvHeadCount
        self.headDimension = headDimension
        blockByteCount = make_kv_layout(format.code, kvHeadCount, headDimension).block_bytes
    }

    var layout: kv_layout { make_kv_layout(format.code, kvHeadCount, headDimension) }
}

/// One layer's part of the cache: block b's keys and values start at `base + b * blockStride`.
@safe
public struct KVPlane: BitwiseCopyable {
    public let layout: KVLayout
    public let base: UnsafeMutableRawPointer
    public let blockCount: Int
    public let blockStride: Int

    /// - Parameters:
    ///   - layout: What a block holds.
    ///   - base: This layer's part of block 0; aligned to 64 bytes, zero at first (or finite numbers).
    ///   - blockCount: Blocks of the cache.
    ///   - blockStride: Bytes from this layer's part of one block to that of the next; a multiple of 64.
    public init(layout: KVLayout, base: UnsafeMutableRawPointer, blockCount: Int, blockStride: Int) {
        precondition(blockStride >= layout.blockByteCount && blockStride.isMultiple(of: 64), "Blocks do not overlap.")
        self.layout = layout
        unsafe self.base = base
        self.blockCount = blockCount
        self.blockStride = blockStride
    }
}
