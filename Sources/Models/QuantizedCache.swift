internal import Checkpoints

/// A folder in which quantised weights are kept, so that only the first start with a checkpoint quantises it.
///
/// A GGUF file for each checkpoint and recipe, named by both and by a digest of the path. It holds the weights alone: tokenizer
/// and settings stay the checkpoint's. A file counts only as long as the checkpoint's files have the sizes and times that they had
/// when it was written; otherwise it is written anew. Files may be deleted whenever no process uses them.
public struct QuantizedCache: Hashable, Sendable {
    /// The folder; nothing is kept where there is none.
    public let folder: String

    public init(folder: String) {
        self.folder = folder
    }

    /// The metadata that says of what a file was made.
    static let sourceKey = "ponder.quantized.source"
}

extension QuantizedCache {
    /// The file for these weights, and the text that tells it from those of other contents.
    func place(
        of sources: [Qwen3WeightSource], as quantization: Quantization, named name: String
    ) -> (path: String, source: String) {
        var contents = SourceDigest()
        contents.add("quantizer 1")
        contents.add(sources)
        var location = SourceDigest()
        for file in Set(sources.map(\.record.fileName)).sorted() { location.add(file) }
        let file = "\(SourceDigest.fileName(name)).\(quantization.rawValue).\(location.text).gguf"
        return ("\(folder)/\(file)", "\(quantization.rawValue) \(contents.text)")
    }

    /// The weights of an earlier start, if they are there and were made of the same.
    func weights(at path: String, source: String) -> Checkpoint? {
        guard let checkpoint = try? Checkpoint.open(path), let metadata = checkpoint.metadata,
            (try? metadata.string(Self.sourceKey)) == source
        else { return nil }
        return checkpoint
    }
}
