import JSON
import Tokenization

@testable import Checkpoints
@testable import Models

/// A GGUF file. Invariant: what it says of itself lies within it, or it is refused.
struct GGUFTarget: FuzzTarget {
    static let name = "gguf"

    func run(_ input: [UInt8]) {
        input.withUnsafeBytes { bytes in
            guard let checkpoint = try? Checkpoint.open(bytes: bytes, name: "input.gguf") else { return }
            requireWithin(checkpoint.tensors, bytes)
            if let metadata = checkpoint.metadata {
                for key in metadata.keys {
                    read(key, metadata)
                }
                makeTokenizer(metadata)
            }
            if let plan = try? ModelLoader.describe(checkpoint) {
                require(plan.weightByteCount <= input.count, "the weights are larger than the file")
            }
        }
    }

    private func read(_ key: String, _ metadata: GGUFMetadata) {
        _ = try? metadata.string(key)
        _ = try? metadata.integer(key)
        _ = try? metadata.double(key)
        _ = try? metadata.bool(key)
        _ = try? metadata.strings(key)
        _ = try? metadata.integers(key)
        _ = try? metadata.floats(key)
        _ = try? metadata.booleans(key)
    }

    private func makeTokenizer(_ metadata: GGUFMetadata) {
        guard let tokens = try? metadata.strings("tokenizer.ggml.tokens") else { return }
        let vocabulary = GGUFVocabulary(
            tokens: tokens,
            tokenTypes: (try? metadata.integers("tokenizer.ggml.token_type"))?.map(Int.init) ?? [],
            merges: (try? metadata.strings("tokenizer.ggml.merges")) ?? [],
            model: (try? metadata.string("tokenizer.ggml.model")) ?? "",
            preTokenizer: (try? metadata.string("tokenizer.ggml.pre")) ?? "",
            textEnd: try? metadata.integer("tokenizer.ggml.eos_token_id"))
        if let tokenizer = try? Tokenizer(gguf: vocabulary) {
            requireRoundTrips(tokenizer)
        }
    }
}

/// A safetensors file. Invariant: what it says of itself lies within it, or it is refused.
struct SafetensorsTarget: FuzzTarget {
    static let name = "safetensors"

    func run(_ input: [UInt8]) {
        input.withUnsafeBytes { bytes in
            let mapped = MappedFile(bytes: bytes, name: "input.safetensors")
            guard let file = try? SafetensorsFile(mapped) else { return }
            requireWithin(file.tensors, bytes)
            let byteCount = file.tensors.reduce(0) { $0 + $1.byteCount }
            require(byteCount < input.count, "the tensors are larger than the file")
        }
    }
}

/// A config.json. Invariant: a configuration that is accepted has sizes that can be added up.
struct ConfigurationTarget: FuzzTarget {
    static let name = "configuration"

    func run(_ input: [UInt8]) {
        guard let object = (try? JSONValue(parsing: input))?.objectValue,
            let configuration = try? Qwen3Configuration(configuration: object, source: "config.json")
        else { return }
        require(configuration.headCount % configuration.keyValueHeadCount == 0, "query heads without a key")
        require(configuration.layerCount > 0 && configuration.contextLength > 0, "an empty model")
    }
}

/// Each tensor's bytes lie within the file, and can be read.
private func requireWithin(_ tensors: [TensorRecord], _ file: UnsafeRawBufferPointer) {
    for tensor in tensors {
        require(tensor.fileOffset >= 0 && tensor.byteCount >= 0, "\(tensor.name) has a negative size")
        require(tensor.byteCount <= file.count - tensor.fileOffset, "\(tensor.name) reaches beyond the file")
        _ = tensor.bytes.first
        _ = tensor.bytes.last
        _ = tensor.elementCount
    }
}
