internal import JSON

extension Scenario {
    static let embedding = vectors("embeddings.float", #""input": "Good morning!", "encoding_format": "float""#)
    static let embeddingPacked = vectors("embeddings.base64", #""input": "Good morning!", "encoding_format": "base64""#)
    static let embeddingBatch = vectors(
        "embeddings.batch", #""input": ["Good evening!", "Good morning!"], "encoding_format": "float""#)

    private static func vectors(_ name: String, _ members: String) -> Scenario {
        Scenario(name, .post("/v1/embeddings", "{\(members)}"))
    }
}

extension Check {
    static let embeddings: [Check] = [
        Check(
            "embeddings.shape", "a list of objects with vectors", .must, needs: [.embeddings], from: .embedding,
            why: "typed SDKs require it"
        ) { evidence in
            let list = try evidence.object(.embedding)
            try require(list["object"]?.stringValue == "list", "object is not \"list\"")
            try require(list["data"]?[0]?["object"]?.stringValue == "embedding", "data[0].object is not \"embedding\"")
            try require(list["data"]?[0]?["index"]?.intValue == 0, "data[0].index is not 0")
            try require(!(try vector(evidence, .embedding)).isEmpty, "no numbers")
        },
        Check(
            "embeddings.length", "vectors have the length 1", .should, complaints: [43], needs: [.embeddings],
            from: .embedding, why: "stores of vectors compare by the inner product"
        ) { evidence in
            let square = try vector(evidence, .embedding).reduce(0) { $0 + $1 * $1 }
            try require(0.98...1.02 ~= square, "its square is \(square)")
        },
        Check(
            "embeddings.base64", "base64 is the same numbers as little-endian floats", .must, needs: [.embeddings],
            from: .embeddingPacked, .embedding, why: "OpenAI's SDK asks for it by default"
        ) { evidence in
            try evidence.offered(.embeddingPacked)
            let text = try evidence.object(.embeddingPacked)["data"]?[0]?["embedding"]?.stringValue
            let numbers = Base64Floats.numbers(try require(text, "embedding is no text")).map(Double.init)
            let plain = try vector(evidence, .embedding)
            try require(numbers.count == plain.count, "\(numbers.count) numbers, and \(plain.count) as a list")
            let apart = zip(numbers, plain).map { abs($0 - $1) }.max() ?? 0
            try require(apart < 1e-3, "they differ by \(apart)")
        },
        Check(
            "embeddings.batch", "several texts come back in their order", .must, complaints: [43], needs: [.embeddings],
            from: .embeddingBatch, .embedding, why: "documents get each other's vectors"
        ) { evidence in
            let alone = try vector(evidence, .embedding)
            let second = try vector(evidence, .embeddingBatch, 1)
            let product = zip(alone, second).reduce(0) { $0 + $1.0 * $1.1 }
            let size = alone.reduce(0) { $0 + $1 * $1 }
            try require(product > 0.99 * size, "the second of two is not the vector of its text")
        },
        Check(
            "embeddings.usage", "usage counts the tokens", .must, needs: [.embeddings], from: .embedding,
            why: "bills are made of it"
        ) { evidence in
            let usage = try evidence.object(.embedding)["usage"]
            try require((usage?["prompt_tokens"]?.intValue ?? 0) > 0, "no prompt_tokens")
            try require(usage?["total_tokens"]?.intValue != nil, "no total_tokens")
        },
    ]

    private static func vector(_ evidence: Evidence, _ scenario: Scenario, _ index: Int = 0) throws -> [Double] {
        let entries = try evidence.object(scenario)["data"]?.arrayValue ?? []
        let entry = entries.first { $0["index"]?.intValue == index }
        return (entry?["embedding"]?.arrayValue ?? []).compactMap(\.doubleValue)
    }
}
