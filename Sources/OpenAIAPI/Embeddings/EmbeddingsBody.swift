internal import APIDoors
internal import Foundation
internal import JSON
internal import Serving

/// The body of a reply of `/v1/embeddings`, or of llama-server's own endpoint.
struct EmbeddingsBody {
    let result: EmbeddingResult
    let encoding: VectorEncoding
    let warnings: [RequestWarning]

    /// The list as OpenAI has it.
    var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.append(key: "object", string: "list")
        writer.append(key: "data")
        writer.beginArray()
        for (index, vector) in result.embeddings.enumerated() {
            writer.beginObject()
            writer.append(key: "object", string: "embedding")
            writer.append(key: "index", int: index)
            writer.append(key: "embedding")
            write(vector, to: &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.append(key: "model", string: result.model.name)
        writer.append(key: "usage")
        result.usage.writePromptCounts(to: &writer)
        warnings.write(to: &writer)
        writer.endObject()
        return writer.bytes
    }

    /// The array as llama-server has it: one vector for each input, in a list of its own, as it has no other tokens' here.
    var nativeBytes: [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        for (index, vector) in result.embeddings.enumerated() {
            writer.beginObject()
            writer.append(key: "index", int: index)
            writer.append(key: "embedding")
            writer.beginArray()
            write(vector, to: &writer)
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
        return writer.bytes
    }

    private func write(_ vector: [Float], to writer: inout JSONWriter) {
        switch encoding {
        case .float:
            writer.beginArray()
            for value in vector {
                writer.append(float: value)
            }
            writer.endArray()
        case .base64:
            let words = vector.map(\.bitPattern.littleEndian)
            let data = unsafe words.withUnsafeBytes { unsafe Data($0) }
            writer.append(string: data.base64EncodedString())
        }
    }
}

extension TokenUsage {
    /// The `usage` object of a request that generates nothing.
    func writePromptCounts(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.append(key: "prompt_tokens", int: promptTokens)
        writer.append(key: "total_tokens", int: totalTokens)
        writer.append(key: "prompt_tokens_details")
        writer.beginObject()
        writer.append(key: "cached_tokens", int: cachedTokens)
        writer.endObject()
        writer.endObject()
    }
}
