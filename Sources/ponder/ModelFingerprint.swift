import Checkpoints
import Compute

/// Tells two servers apart that might answer the same request differently: other weights, or other numerics.
struct ModelFingerprint: CustomStringConvertible {
    private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

    /// Bytes at the start of each tensor that are looked at: reading all of a large model would take longer than loading.
    private static let sampleByteCount = 256

    init(_ checkpoint: Checkpoint, kvCacheFormat: KVCacheFormat) {
        mix(Version.text.utf8)
        mix("\(kvCacheFormat)".utf8)
        for tensor in checkpoint.tensors {
            mix(tensor.name.utf8)
            mix("\(tensor.format) \(tensor.shape)".utf8)
            unsafe mix(tensor.bytes.prefix(Self.sampleByteCount))
        }
    }

    /// FNV-1a, 64 bits.
    private mutating func mix(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
    }

    /// As OpenAI's replies spell it.
    var description: String {
        "fp_" + String(hash, radix: 16)
    }
}
