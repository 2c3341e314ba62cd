internal import Checkpoints
internal import Models

/// Names a checkpoint by what it holds, so that clients notice when other weights answer.
enum CheckpointFingerprint {
    /// Raised whenever the same weights may give other results.
    private static let numericsVersion = 2

    /// `fp_`, the version of the numerics, and a hash of the tensors' names, shapes, formats and first bytes, and of how they
    /// are computed with.
    static func text(of checkpoint: Checkpoint, options: ModelStartupOptions) throws(ModelError) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ bytes: some Sequence<UInt8>) {
            for byte in bytes {
                hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
            }
        }
        for tensor in checkpoint.tensors {
            add(tensor.name.utf8)
            add("\(tensor.shape)\(tensor.format)".utf8)
            unsafe add(tensor.bytes.prefix(64))
        }
        add("\(options.activations) \(options.cacheFormat)".utf8)
        if options.quantization != .automatic { add(options.quantization.rawValue.utf8) }
        let windows = try ModelLoader.describe(checkpoint, scaling: options.scaling).shape.windows
        if try windows != ModelLoader.describe(checkpoint).shape.windows {
            add("\(windows)".utf8)
        }
        let digits = String(hash, radix: 16)
        return "fp_\(numericsVersion)_" + String(repeating: "0", count: 16 - digits.count) + digits
    }
}
