internal import Checkpoints
internal import Glibc

/// A folder in which quantised weights are kept, so that only the first start with a checkpoint quantises it.
///
/// A GGUF file for each checkpoint and recipe, named by both and by a digest of the path. It holds the weights alone: tokenizer
/// and settings stay the checkpoint's. A file counts only as long as the checkpoint's files have the sizes and times that they had
/// when it was written, and the digests of its own tensors are those that were taken then; otherwise it is written anew. Files may
/// be deleted whenever no process uses them.
public struct QuantizedCache: Hashable, Sendable {
    /// The folder; nothing is kept where there is none.
    public let folder: String

    public init(folder: String) {
        self.folder = folder
    }

    /// The metadata that says of what a file was made.
    static let sourceKey = "ponder.quantized.source"
    /// The metadata that names a file of the checkpoint.
    static let checkpointKey = "ponder.quantized.checkpoint"
    /// The metadata that names the recipe.
    static let recipeKey = "ponder.quantized.recipe"
    /// The metadata with the digests of all tensors, in their order.
    static let digestsKey = "ponder.quantized.digests"
}

extension QuantizedCache {
    /// Where the quantised weights of a checkpoint are.
    struct Place {
        let path: String
        /// Tells them from those of other contents.
        let source: String
        /// The path of the checkpoint's first file.
        let checkpoint: String
        let recipe: String
    }

    /// The file for these weights.
    func place(of sources: [Qwen3WeightSource], as quantization: Quantization, named name: String) -> Place {
        var contents = SourceDigest()
        contents.add("quantizer 2")
        contents.add(sources)
        let files = Set(sources.map(\.record.fileName)).sorted().map(Self.absolute)
        var location = SourceDigest()
        files.forEach { location.add($0) }
        let file = "\(SourceDigest.fileName(name)).\(quantization.rawValue).\(location.text).gguf"
        return Place(
            path: "\(folder)/\(file)", source: "\(quantization.rawValue) \(contents.text)",
            checkpoint: files.first ?? "",
            recipe: quantization.rawValue)
    }

    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let folder = unsafe getcwd(nil, 0) else { return path }
        defer { unsafe free(folder) }
        return unsafe "\(String(cString: folder))/\(path)"
    }

    /// The weights of an earlier start with the digests of their tensors, if they are there and were made of the same.
    func weights(at path: String, source: String) -> (checkpoint: Checkpoint, digests: [UInt64])? {
        guard let checkpoint = try? Checkpoint.open(path), let metadata = checkpoint.metadata,
            (try? metadata.string(Self.sourceKey)) == source,
            let text = try? metadata.string(Self.digestsKey), let digests = Self.digests(in: text)
        else { return nil }
        return (checkpoint, digests)
    }

    private static let digitCount = 16

    /// Digests as a head has them: 16 hexadecimal digits each.
    static func text(of digests: [UInt64]) -> String {
        digests.map { digest in
            let digits = String(digest, radix: 16)
            return String(repeating: "0", count: digitCount - digits.count) + digits
        }.joined()
    }

    private static func digests(in text: String) -> [UInt64]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: digitCount) else { return nil }
        let digests = stride(from: 0, to: digits.count, by: digitCount).map {
            UInt64(String(decoding: digits[$0..<$0 + digitCount], as: UTF8.self), radix: 16)
        }
        return digests.contains(nil) ? nil : digests.compactMap(\.self)
    }
}
