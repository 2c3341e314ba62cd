internal import APIDoors
internal import JSON

extension EmbeddingsRoute {
    static let description = RouteDescription(
        "Texts as vectors.",
        request: RequestDescription([["input": "Hi"]], required: ["input"]) {
            _ = try EmbeddingsDecoder.call(from: $0)
        },
        response: ([
            "object": .string,
            "data": .array(["object": .string, "index": .integer, "embedding": .either([.array(.number), .string])]),
            "model": .string, "usage": RerankRoute.usage,
        ] as JSONShape).with(.warnings))

    static let nativeDescription = RouteDescription(
        "Texts as vectors, in llama-server's words.",
        request: RequestDescription([["content": "Hi"], ["input": "Hi"]]) {
            _ = try EmbeddingsDecoder.call(from: $0, inputKeys: nativeInputKeys)
        },
        response: .array(["index": .integer, "embedding": .array(.either([.array(.number), .string]))]))
}

extension RerankRoute {
    static let description = RouteDescription(
        "Documents by their relevance to a query, best first.",
        request: RequestDescription(
            [["query": "Which?", "documents": ["a"]], ["query": "Which?", "texts": ["a"]]], required: ["query"]
        ) { _ = try RerankDecoder.call(from: $0) },
        response: .either([
            ([
                "id": .string, "object": .string, "model": .string,
                "results": .array([
                    "index": .integer, "relevance_score": .number, "document": .optional(["text": .string]),
                ]),
                "usage": usage,
            ] as JSONShape).with(.warnings),
            .array(["index": .integer, "score": .number, "text": .optional(.string)]),
        ]))

    fileprivate static let usage: JSONShape = [
        "prompt_tokens": .integer, "total_tokens": .integer, "prompt_tokens_details": ["cached_tokens": .integer],
    ]
}
